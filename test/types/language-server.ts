import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const SERVER = fileURLToPath(new URL('typescript-5.9/node_modules/typescript/lib/tsserver.js', import.meta.url))

/** The language service that editors talk to. */
export interface LanguageServer {
  /** Shows it a file of the disk as an editor would that has it open, with another text. */
  open(file: string, text: string): void
  /** The names that it offers at a place of an open file, both counted from 1. */
  complete(file: string, line: number, offset: number): Promise<readonly string[]>
}

/** Starts one, which ends with the test. */
export function languageServer(): LanguageServer {
  const server = spawn(process.execPath, [SERVER, '--disableAutomaticTypingAcquisition'])
  onTestFinished(() => void server.kill())
  const waiting = new Map<number, (answer: Answer) => void>()
  let last = 0
  let unread = ''
  server.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    // Each message is a header and a line of JSON.
    const lines = (unread + chunk).split('\n')
    unread = lines.pop() ?? ''
    for (const line of lines.filter((each) => each.startsWith('{'))) {
      const answer: Answer = JSON.parse(line)
      waiting.get(answer.request_seq)?.(answer)
    }
  })
  const send = (command: string, args: object) => {
    last += 1
    server.stdin.write(`${JSON.stringify({ seq: last, type: 'request', command, arguments: args })}\n`)
    return last
  }
  return {
    open(file, text) {
      send('close', { file })
      send('open', { file, fileContent: text })
    },
    async complete(file, line, offset) {
      const { promise, resolve } = Promise.withResolvers<Answer>()
      waiting.set(send('completionInfo', { file, line, offset }), resolve)
      const { body } = await promise
      return body?.entries.map(({ name }) => name) ?? []
    },
  }
}

interface Answer {
  readonly request_seq: number
  readonly body?: { readonly entries: readonly { readonly name: string }[] }
}
