import type { StorageEntry } from './storage.ts'
import { readValue } from './stored-text.ts'

/** Reads the reply to a get. */
export function readEntry(key: string, reply: unknown): StorageEntry | undefined {
  if (reply === null) return undefined
  const [text, version, age] = readTexts(reply)
  // An empty reply stands for something that is none of ours, and an empty text is no JSON.
  const value = readValue(key, text, version)
  if (!version || age === undefined || !/^\d+$/.test(age)) throw wrongReply('a value, a version and an age', reply)
  return { value, version, age: Number(age) }
}

/** Reads the reply to a put or a delete: whether it took place. */
export function readAnswer(reply: unknown): boolean {
  const answer = readText(reply)
  if (answer !== '0' && answer !== '1') throw wrongReply('0 or 1', reply)
  return answer === '1'
}

/** Reads a page of keys, and where the next one begins: '' where there is none. */
export function readPage(reply: unknown): { readonly next: string; readonly keys: readonly string[] } {
  const [next, ...keys] = readTexts(reply)
  if (next === undefined || (next !== '' && !next.startsWith('('))) throw wrongReply('a page of keys', reply)
  return { next, keys }
}

function readTexts(reply: unknown): string[] {
  if (!Array.isArray(reply)) throw wrongReply('a list of texts', reply)
  return Array.from<unknown, string>(reply, readText)
}

function readText(part: unknown): string {
  if (typeof part === 'string') return part
  // Some clients are set to give integers as bigints, or texts as bytes.
  if (typeof part === 'number' || typeof part === 'bigint') return String(part)
  if (part instanceof Uint8Array) return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(part)
  throw wrongReply('a text', part)
}

/** Says what kind of thing came, and nothing of what is in it: that may be a session. */
function wrongReply(expected: string, reply: unknown): TypeError {
  const found = Array.isArray(reply) ? `a list of ${reply.length}` : reply === null ? 'null' : typeof reply
  return new TypeError(
    `evaluate: expected the script's reply, ${expected}, found ${found}; ` +
      'it must return what EVAL replies, without a change',
  )
}
