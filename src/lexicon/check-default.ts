import type { Flaw } from './check-structure.ts'
import type { IntegerField, StringField } from './document.ts'
import type { Path } from './problem.ts'

/** What is wrong with a default: it is sent where a parameter is left out, so that it has to be one that the field takes. */
export function* checkDefault(field: StringField | IntegerField, path: Path): Generator<Flaw> {
  const { default: preset, enum: values } = field
  if (preset === undefined) return
  const among: readonly unknown[] | undefined = values?.length === 0 ? undefined : values
  if (among && !among.includes(preset)) yield { path, expected: `one of ${among.join(', ')}` }
  if (field.type === 'string' || typeof preset === 'string') return
  const { minimum = preset, maximum = preset } = field
  if (preset < minimum) yield { path, expected: `at least ${minimum}` }
  if (preset > maximum) yield { path, expected: `at most ${maximum}` }
}
