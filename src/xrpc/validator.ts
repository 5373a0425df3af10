/**
 * Checks what a call sends and gives against the lexicons: `validator` of `atproof/lexicon` makes one.
 *
 * What a caller hands over wrongly is thrown as a `TypeError`, before anything is sent. An output that is refused is
 * thrown as an `InvalidOutput`, of which the call makes an `XrpcError` `response_invalid`.
 */
export interface Validator {
  /** Gives the parameters to send, which may have the lexicon's defaults in them. */
  params(
    nsid: string,
    params: Readonly<Record<string, unknown>> | undefined,
  ): Readonly<Record<string, unknown>> | undefined
  /** Checks a JSON input; undefined where there is none. */
  input(nsid: string, input: unknown): void
  /** Checks a JSON output; undefined where the answer has no body. */
  output(nsid: string, output: unknown): void
  /** Checks the media type of a body that is sent as it is. */
  inputEncoding(nsid: string, encoding: string): void
  /** Checks the media type of an answer that is not read as JSON. */
  outputEncoding(nsid: string, contentType: string | null): void
}

/** An output that does not fit its lexicon: where in it, what belongs there, and what stands there. */
export class InvalidOutput extends Error {
  readonly field: string
  readonly expected: string
  readonly found: unknown

  constructor(field: string, expected: string, found?: unknown) {
    super(`${field}: expected ${expected}`)
    this.field = field
    this.expected = expected
    this.found = found
  }
}
