import { wrongArgument } from '../errors/wrong-argument.ts'
import type { RecordOf } from '../xrpc/registry.ts'
import type { Validator } from '../xrpc/validator.ts'

/** How a part of a call is checked: not at all, so that `onEvent` hears of what does not fit, or so that it is refused. */
export type ValidationLevel = 'off' | 'warn' | 'strict'

/** A part of a call. */
export type ValidatedPart = 'params' | 'input' | 'output'

/** Something that does not fit its lexicon, where that is not refused. It holds nothing of the value. */
export interface InvalidEvent {
  readonly type: 'invalid'
  /** The method that was called. */
  readonly nsid: string
  readonly part: ValidatedPart
  /** Where: `input.record.text`. */
  readonly field: string
  /** What belongs there, in words. */
  readonly expected: string
}

/** Options of `validator`. */
export interface ValidatorOptions {
  /** How parameters are checked. Unless `off`, the defaults of the lexicon are sent where a parameter is left out. @default 'strict' */
  readonly params?: ValidationLevel | undefined
  /** How inputs are checked, and the media type of bodies that are sent as they are. @default 'strict' */
  readonly input?: ValidationLevel | undefined
  /**
   * How outputs are checked, and the media type of answers that are not read as JSON. They hold what other people wrote,
   * so that `strict` fails a whole call for one of them. @default 'warn'
   */
  readonly output?: ValidationLevel | undefined
  /** Hears of what does not fit where the level is `warn`; without it, nothing is checked there. What it throws changes nothing. */
  readonly onEvent?: ((event: InvalidEvent) => void) | undefined
}

/** What `validator` makes: for `client.with({ validate })`, and for records outside of calls. */
export interface LexiconValidator extends Validator {
  /**
   * Checks a record, and gives it back by its type: the same object, with each field that it has.
   *
   * @param value as JSON has it. Its `$type` must be there; blobs of the old form, `{ cid, mimeType }`, are taken
   * @throws TypeError with the path of what does not fit, such as `record.text`; where no document has the collection
   */
  record<C extends string>(collection: C, value: unknown): RecordOf<C>
  /**
   * Says what does not fit in a record; undefined where it is right.
   *
   * @throws TypeError where no document has the collection
   */
  findMistake(collection: string, value: unknown): RecordMistake | undefined
}

/** What does not fit in a record. */
export interface RecordMistake {
  /** Where: `record.text`. */
  readonly field: string
  /** What belongs there, in words. */
  readonly expected: string
  /** All of it in a line: `record.text: expected at most 300 graphemes, found 312`. */
  readonly message: string
}

/** What is done with each part, by its level. */
export type Levels = Readonly<Record<ValidatedPart, ValidationLevel>>

const LEVELS: ReadonlySet<unknown> = new Set(['off', 'warn', 'strict'])
const NAMES: ReadonlySet<string> = new Set(['params', 'input', 'output', 'onEvent'])

/** @throws TypeError for an option that is none */
export function readLevels(options: ValidatorOptions): Levels {
  for (const name of Object.keys(options)) {
    if (!NAMES.has(name)) throw wrongArgument(`options.${name}`, `one of ${[...NAMES].join(', ')}`, name)
  }
  const { params = 'strict', input = 'strict', output = 'warn', onEvent } = options
  const levels = { params, input, output }
  for (const [part, level] of Object.entries(levels)) {
    if (!LEVELS.has(level)) throw wrongArgument(`options.${part}`, "'off', 'warn' or 'strict'", level)
  }
  if (onEvent !== undefined && typeof onEvent !== 'function') {
    throw wrongArgument('options.onEvent', 'a function', onEvent)
  }
  return levels
}
