import { answerJson } from './answer-json.ts'

/** A refusal in the words of XRPC. */
export class XrpcRefusal extends Error {
  override readonly name = 'XrpcRefusal'
  readonly status: number
  readonly error: string

  constructor(status: number, error: string, message: string) {
    super(message)
    this.status = status
    this.error = error
  }

  toResponse(): Response {
    const { status, error, message } = this
    return answerJson({ error, message }, status)
  }
}

export function invalidRequest(message: string): XrpcRefusal {
  return new XrpcRefusal(400, 'InvalidRequest', message)
}

export function invalidToken(message: string): XrpcRefusal {
  return new XrpcRefusal(400, 'InvalidToken', message)
}

/** What the reference server says where it was not prepared, and the reason is nobody's business. */
export function internalError(message = 'Internal Server Error'): XrpcRefusal {
  return new XrpcRefusal(500, 'InternalServerError', message)
}
