import { wrongArgument } from '../errors/wrong-argument.ts'
import { isNsid } from '../syntax/nsid.ts'
import type { RecordOf } from '../xrpc/registry.ts'
import { InvalidOutput } from '../xrpc/validator.ts'
import { fitsEncoding } from './validation-encoding.ts'
import { type KnownLexicons, readLexicons } from './validation-documents.ts'
import { judgeParams, type Params, withDefaults } from './validation-params.ts'
import { InvalidValue, kept } from './validation-problem.ts'
import { recordsRead, recordsWritten } from './validation-repo.ts'
import { judgeMessage, judgeRecord } from './validation.ts'
import {
  type Levels,
  type LexiconValidator,
  readLevels,
  type RecordMistake,
  type ValidatedPart,
  type ValidatorOptions,
} from './validator-options.ts'

/**
 * Makes what checks calls and records by lexicon documents. It changes no input and no output, and keeps each field that
 * it does not know. A method that none of the documents has is not checked. Records that calls of `com.atproto.repo`
 * write or read are checked by the document of their collection, whether or not that of the method is given.
 *
 * @param documents lexicon documents: the JSON of their files. All that they refer to must be among them
 * @throws TypeError that names document, definition and field of what is wrong with them
 *
 * @example
 * const checked = client.with({ validate: validator([note]) })
 * await checked.records('com.example.note').create({ text: '' })
 * // TypeError: input.record.text: expected at least 1 grapheme, found 0
 * @see https://atproto.com/specs/lexicon
 */
export function validator(documents: Iterable<unknown>, options: ValidatorOptions = {}): LexiconValidator {
  const levels = readLevels(options)
  if (typeof documents !== 'object' || documents === null || !(Symbol.iterator in documents)) {
    throw wrongArgument('documents', 'an array of lexicon documents', documents)
  }
  return new DocumentValidator(readLexicons(documents), levels, options.onEvent)
}

/** A part of one call. */
interface Part {
  readonly nsid: string
  readonly part: ValidatedPart
}

class DocumentValidator implements LexiconValidator {
  readonly #lexicons: KnownLexicons
  readonly #levels: Levels
  readonly #onEvent: ValidatorOptions['onEvent']

  constructor(lexicons: KnownLexicons, levels: Levels, onEvent: ValidatorOptions['onEvent']) {
    this.#lexicons = lexicons
    this.#levels = levels
    this.#onEvent = onEvent
  }

  params(nsid: string, params: Params | undefined): Params | undefined {
    const method = this.#lexicons.findMethod(nsid)
    if (!method || this.#levels.params === 'off') return params
    const sent = withDefaults(params, method.parameters)
    this.#check({ nsid, part: 'params' }, () => judgeParams(this.#lexicons, nsid, sent))
    return sent
  }

  input(nsid: string, input: unknown): void {
    this.#check({ nsid, part: 'input' }, () => {
      const method = this.#lexicons.findMethod(nsid)
      if (method) {
        const body = method.type === 'procedure' ? method.input : undefined
        judgeMessage(this.#lexicons, input, { nsid, part: 'input', body })
      }
      for (const { collection, value, field } of recordsWritten(nsid, input)) {
        if (!this.#lexicons.findRecord(collection)) continue
        judgeRecord(this.#lexicons, value, { collection, field, purpose: 'write', mayLackType: true })
      }
    })
  }

  output(nsid: string, output: unknown): void {
    this.#check({ nsid, part: 'output' }, () => {
      // An answer to a method without an output is nobody's business.
      const body = this.#lexicons.findMethod(nsid)?.output
      if (body) judgeMessage(this.#lexicons, output, { nsid, part: 'output', body })
      for (const { collection, value, field } of recordsRead(nsid, output)) {
        if (!this.#lexicons.findRecord(collection)) continue
        judgeRecord(this.#lexicons, value, { collection, field, purpose: 'read' })
      }
    })
  }

  inputEncoding(nsid: string, encoding: string): void {
    const method = this.#lexicons.findMethod(nsid)
    if (!method) return
    this.#check({ nsid, part: 'input' }, () => {
      const wanted = method.type === 'procedure' ? method.input?.encoding : undefined
      if (wanted !== undefined && fitsEncoding(encoding, wanted)) return
      throw new InvalidValue('input', wanted ?? 'none', encoding)
    })
  }

  outputEncoding(nsid: string, contentType: string | null): void {
    const wanted = this.#lexicons.findMethod(nsid)?.output?.encoding
    if (wanted === undefined) return
    this.#check({ nsid, part: 'output' }, () => {
      if (!fitsEncoding(contentType ?? '', wanted)) throw new InvalidValue('content-type', wanted, contentType)
    })
  }

  record<C extends string>(collection: C, value: unknown): RecordOf<C> {
    const mistake = this.#judgeRecord(collection, value)
    if (mistake) throw wrongArgument(mistake.field, mistake.expected, mistake.found)
    // What the collection's document says has been proved; the registry's type is made of the same document.
    return value as RecordOf<C>
  }

  findMistake(collection: string, value: unknown): RecordMistake | undefined {
    const mistake = this.#judgeRecord(collection, value)
    if (!mistake) return undefined
    const { field, expected, found } = mistake
    return { field, expected, message: wrongArgument(field, expected, found).message }
  }

  #judgeRecord(collection: string, value: unknown): InvalidValue | undefined {
    if (!isNsid(collection) || !this.#lexicons.findRecord(collection)) {
      throw wrongArgument('collection', 'the NSID of a record among the documents', collection)
    }
    return mistakeOf(() => judgeRecord(this.#lexicons, value, { collection, field: 'record', purpose: 'read' }))
  }

  #check({ nsid, part }: Part, judge: () => void): void {
    const level = this.#levels[part]
    const onEvent = this.#onEvent
    if (level === 'off' || (level === 'warn' && !onEvent)) return
    const mistake = mistakeOf(judge)
    if (!mistake) return
    const { field, expected, found } = mistake
    if (level === 'warn') return callHook(() => onEvent?.({ type: 'invalid', nsid, part, field, expected }))
    throw part === 'output'
      ? new InvalidOutput(field, expected, kept(found))
      : wrongArgument(field, expected, found)
  }
}

function mistakeOf(judge: () => void): InvalidValue | undefined {
  try {
    judge()
    return undefined
  } catch (error) {
    if (error instanceof InvalidValue) return error
    throw error
  }
}

/** Nothing that an app does with an event changes what happens here, a promise that rejects neither. */
function callHook(call: () => unknown): void {
  new Promise((resolve) => resolve(call())).catch(() => {})
}
