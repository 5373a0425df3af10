import { NetworkError } from '../errors/network-error.ts'
import { bareUrl } from './transport.ts'

/**
 * Reads a body as text, up to a limit.
 *
 * @throws NetworkError `too_large`, `answer_cut_off`
 */
export async function readText(response: Response, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  await readPieces(response, maxBytes, (piece) => (text += decoder.decode(piece, { stream: true })))
  return text + decoder.decode()
}

/**
 * Reads a body as JSON, or undefined where it is none. `JSON.parse` makes `__proto__` a plain property, and nothing here
 * copies properties it does not know, so a hostile document changes no prototype.
 *
 * @throws NetworkError `too_large`, `answer_cut_off`
 */
export async function readJson(response: Response, maxBytes: number): Promise<unknown> {
  const text = await readText(response, maxBytes)
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON: the caller knows what it expected and says so.
    return undefined
  }
}

/** Whether the media type is `application/json`, parameters allowed. */
export function isJsonResponse(response: Response): boolean {
  return /^application\/json\s*(?:;|$)/i.test(response.headers.get('content-type') ?? '')
}

/**
 * Reads a body piece by piece, up to a limit. What comes after the limit is never read.
 *
 * @throws NetworkError `too_large`, `answer_cut_off`
 */
export async function readPieces(
  response: Response,
  maxBytes: number,
  take: (piece: Uint8Array<ArrayBuffer>) => void,
): Promise<void> {
  let length = 0
  // A reader, not `for await`: WebKit's streams are not iterable.
  const reader = response.body?.getReader()
  while (reader) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw new NetworkError('answer_cut_off', { url: urlOf(response), cause, response })
    })
    if (done) return
    length += value.length
    if (length > maxBytes) {
      reader.cancel().catch(() => {}) // the answer is refused already
      throw new NetworkError('too_large', {
        url: urlOf(response),
        expected: `at most ${maxBytes} bytes`,
        response,
      })
    }
    take(value)
  }
}

/** A response that a program made has none. */
function urlOf({ url }: Response): string | undefined {
  return url ? bareUrl(url) : undefined
}
