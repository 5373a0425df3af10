import type { RequestBody } from '../syntax/platform.ts'

/** A body as it is sent, and whether it can be sent again. */
export interface OutgoingBody {
  readonly body: (() => RequestBody) | undefined
  readonly isRepeatable: boolean
}

/** A body that a caller hands over. Everything but a stream can be sent again. */
export function outgoingBody(body: RequestBody | null | undefined): OutgoingBody {
  if (body === null || body === undefined) return { body: undefined, isRepeatable: true }
  return { body: () => body, isRepeatable: !(body instanceof ReadableStream) }
}
