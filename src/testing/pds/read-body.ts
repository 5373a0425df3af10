import { invalidRequest, XrpcRefusal } from './xrpc-refusal.ts'

/** What the reference server reads of JSON, in bytes, where a method does not say. */
const MAX_JSON_BYTES = 150 * 1024

/** JSON, with the reference server's refusals; an empty body is an empty object there. */
export async function readJson(request: Request, maxBytes: number = MAX_JSON_BYTES): Promise<unknown> {
  const type = readMimeType(request)
  if (type !== 'application/json') throw invalidRequest(`Wrong request encoding (Content-Type): ${type}`)
  const bytes = await request.arrayBuffer()
  if (bytes.byteLength > maxBytes) {
    throw new XrpcRefusal(413, 'PayloadTooLargeError', 'request entity too large')
  }
  const text = new TextDecoder().decode(bytes)
  const [first] = text.trimStart()
  if (first === undefined) return {}
  if (first !== '{' && first !== '[') {
    throw new XrpcRefusal(400, 'SyntaxError', `Unexpected token '${first}', "${text}" is not valid JSON`)
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw new XrpcRefusal(400, 'SyntaxError', error.message)
    throw error
  }
}

/** Bytes of any type. */
export async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const encoding = request.headers.get('content-encoding') ?? 'identity'
  if (encoding !== 'identity') {
    throw new XrpcRefusal(415, 'UnsupportedMediaType', 'unsupported content-encoding')
  }
  const bytes = new Uint8Array(await request.arrayBuffer())
  if (bytes.length > maxBytes) throw new XrpcRefusal(413, 'PayloadTooLarge', 'request entity too large')
  return bytes
}

/** Nothing, as a procedure without input wants it. */
export async function readNothing(request: Request): Promise<void> {
  if (request.body === null) return
  const { byteLength } = await request.arrayBuffer()
  if (byteLength > 0) throw invalidRequest('A request body was provided when none was expected')
}

/** The type of a body as it is written, without its parameters. */
export function readMimeType(request: Request): string {
  const [, type] = /^\s*([\w.+*-]+\/[\w.+*-]+)\s*(?:;|$)/.exec(request.headers.get('content-type') ?? '') ?? []
  if (type) return type
  throw invalidRequest('Request encoding (Content-Type) required but not provided')
}
