import { shorten, show } from './show.ts'

/** What a code means in words, whether trying again can help, and what to do about it. */
export interface Meaning {
  readonly says: string
  readonly retryable?: true
  readonly action?: string
}

/** The facts an error is made of. None of them is ever a token, a code, a verifier or a key. */
export interface ErrorFacts {
  /** The field, parameter or header that is wrong. */
  readonly field?: string | undefined
  /** What it should have been, in words or as a value. */
  readonly expected?: string | undefined
  /** What came. Shown as JSON, what is not seen escaped, shortened to 200 characters; left out of the message where it is undefined. */
  readonly found?: unknown
  /** The URL that was asked, without its query. */
  readonly url?: string | undefined
  /** What the server said of it. */
  readonly detail?: string | undefined
  readonly retryable?: boolean | undefined
  readonly action?: string | undefined
  readonly cause?: unknown
  /** The response, its body possibly used. Kept non-enumerable. */
  readonly response?: Response | undefined
}

/** What every error of this library is. `code` says what happened, `action` what to do where there is something to do. */
export abstract class AtproofError<Code extends string = string> extends Error {
  abstract override readonly name: string
  readonly code: Code
  /** Whether the same call can succeed later without anybody doing anything. */
  readonly retryable: boolean
  readonly action: string | undefined
  readonly field: string | undefined
  readonly expected: string | undefined
  readonly found: unknown
  readonly url: string | undefined
  declare readonly response: Response | undefined

  constructor(code: Code, meaning: Meaning, facts: ErrorFacts) {
    super(describe(meaning, facts), facts.cause === undefined ? undefined : { cause: facts.cause })
    this.code = code
    this.retryable = facts.retryable ?? meaning.retryable ?? false
    this.action = facts.action ?? meaning.action
    this.field = facts.field
    this.expected = facts.expected
    this.found = facts.found
    this.url = facts.url
    const { response } = facts
    // Behind a getter, since a debugger shows the headers of a response, and a server may repeat in them what it was sent.
    Object.defineProperty(this, 'response', { get: () => response, enumerable: false })
  }
}

function describe({ says }: Meaning, { field, expected, found, url, detail }: ErrorFacts): string {
  const where = url && ` at ${url}`
  const parts = [field, expected && `expected ${expected}`, found !== undefined && `found ${show(found)}`]
  const what = parts.filter(Boolean).join(', ')
  return [says, where, what && ` (${what})`, detail && `: ${shorten(detail)}`].join('')
}
