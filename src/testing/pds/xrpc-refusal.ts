/** A refusal in the words of XRPC. */
export class XrpcRefusal extends Error {
  override readonly name = 'XrpcRefusal'
  readonly status: number
  readonly error: string
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, error: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.error = error
    this.headers = headers
  }

  toResponse(): Response {
    const { status, error, message, headers } = this
    return Response.json({ error, message }, { status, headers })
  }
}

export function invalidRequest(message: string): XrpcRefusal {
  return new XrpcRefusal(400, 'InvalidRequest', message)
}
