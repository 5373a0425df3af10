import type { Json } from './data-model.ts'
import { fieldAt } from './validation-problem.ts'

/** A place in a value, of which @atproto/lexicon says something. */
export interface Place {
  readonly at: string
  readonly value: Json
  /** What is said of it. */
  readonly sentence: string
}

/** Where a path can lead: a field of the value can have a slash or a blank in its name, which the message does not tell. */
export function* followPath(path: string, value: Json, at: string): Generator<Place> {
  if (path.startsWith(' ')) yield { at, value, sentence: path.slice(1) }
  if (!path.startsWith('/') || typeof value !== 'object' || value === null) return
  const rest = path.slice(1)
  if (Array.isArray(value)) {
    const index = Number.parseInt(rest)
    const item: Json | undefined = value[index]
    if (item !== undefined) yield* followPath(rest.slice(String(index).length), item, fieldAt(at, index))
    return
  }
  for (const [key, item] of Object.entries(value)) {
    if (rest.startsWith(key)) yield* followPath(rest.slice(key.length), item, fieldAt(at, key))
  }
}
