import type { RequestBody } from '../syntax/platform.ts'

/** Puts a body into a request. */
export function withBody(init: RequestInit, body: RequestBody | undefined): RequestInit {
  if (!(body instanceof ReadableStream)) return { ...init, body: body ?? null }
  // Node requires `duplex` for a stream; elsewhere it is ignored. TypeScript's DOM does not know it.
  const streaming: RequestInit & { readonly duplex: 'half' } = { ...init, body, duplex: 'half' }
  return streaming
}
