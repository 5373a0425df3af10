import type { RequestBody } from '../syntax/platform.ts'
import type { OutgoingBody } from './json-input.ts'

/** A body that a caller hands over. Everything but a stream can be sent again. */
export function outgoingBody(body: RequestBody | null | undefined): OutgoingBody {
  if (body === null || body === undefined) return { body: undefined, isRepeatable: true }
  return { body: () => body, isRepeatable: !(body instanceof ReadableStream) }
}
