import { wrongArgument } from '../errors/wrong-argument.ts'
import { isNsid } from '../syntax/nsid.ts'
import type { UnknownType, UnknownVariant } from './data-model.ts'

/**
 * Makes what an open union takes although its lexicon does not name it, such as an embed of another app. A `$type` that
 * is written without it is one of the lexicon's own, or fails to compile.
 *
 * @example
 * await recipes.create({ ...recipe, steps: [unknownVariant({ $type: 'com.example.other#song', title: 'Oats' })] })
 * @throws TypeError where its `$type` names no definition
 * @see https://atproto.com/specs/lexicon#union
 */
export function unknownVariant(value: {
  readonly $type: string
  readonly [field: string]: unknown
}): UnknownVariant {
  const { $type, ...fields } = value
  if (namesDefinition($type)) return { $type, ...fields }
  throw wrongArgument('$type', 'the name of a definition, such as com.example.defs#view', $type)
}

/** Never `#main`: a main definition goes by the NSID alone. */
function namesDefinition($type: unknown): $type is UnknownType {
  if (typeof $type !== 'string') return false
  const [id = '', name] = $type.split(/#(.*)/su)
  return isNsid(id) && (name === undefined || (name !== 'main' && /^[a-zA-Z][a-zA-Z0-9]{0,62}$/u.test(name)))
}
