import type { Readable } from 'node:stream'

const KEPT_CHARACTERS = 8000
const KEPT_LINES = 15

/** Reads streams to their end, and returns what tells their last lines, for the message of an error. */
export function keepLastLines(...streams: (Readable | null)[]): () => string {
  let kept = ''
  for (const stream of streams) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      kept = (kept + text).slice(-KEPT_CHARACTERS)
    })
  }
  return () => kept.trimEnd().split('\n').slice(-KEPT_LINES).join('\n')
}
