import { show } from '../errors/show.ts'

/** What is wrong with a lexicon document. */
export interface DocumentProblem {
  readonly file: string
  /** The name of the definition; undefined where the whole document is meant. */
  readonly definition: string | undefined
  /** Where in the definition, or in the document. */
  readonly path: Path
  readonly expected: string
  /** What stands there, in words. */
  readonly found: string
}

/** The names and positions that lead to a value. */
export type Path = readonly (string | number)[]

/** A problem in one line. */
export function describeProblem({ file, definition, path, expected, found }: DocumentProblem): string {
  const place = writePath(definition === undefined ? path : [definition, ...path])
  return `${file}: ${place && `${place}: `}expected ${expected}, found ${found}`
}

/** What stands at a place, in words. */
export function showFound(value: unknown): string {
  return value === undefined ? 'nothing' : show(value)
}

/** The value that a path leads to; undefined where it leads nowhere. */
export function valueAt(value: unknown, path: Path): unknown {
  let current = value
  for (const step of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return undefined
    current = Reflect.get(current, step)
  }
  return current
}

function writePath(path: Path): string {
  return path
    .map((step, at) => {
      if (typeof step === 'number') return `[${step}]`
      const name = /^[\w$:-]+$/u.test(step) ? step : show(step)
      return at === 0 ? name : `.${name}`
    })
    .join('')
}
