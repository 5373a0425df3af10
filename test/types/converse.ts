import { spawn } from 'node:child_process'
import { onTestFinished } from 'vitest'

/** How messages of a protocol are written, and which answer is to which. */
export interface Protocol {
  readonly args: readonly string[]
  question(id: number, command: string, given: object): string
  remark?(command: string, given: object): string
  answer?(id: unknown): string
  idOf(message: Readonly<Record<string, unknown>>): unknown
}

/** Starts a server, and asks it one thing after another. */
export function converse<Answer>({ args, question, remark, answer, idOf }: Protocol): {
  ask(command: string, given: object): Promise<Answer>
  send(command: string, given: object): void
} {
  const server = spawn(process.execPath, args)
  onTestFinished(() => void server.kill())
  const waiting = new Map<unknown, (message: Answer) => void>()
  let last = 0
  let unread: Buffer = Buffer.alloc(0)
  server.stdout.on('data', (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk])
    for (let message = next(); message !== undefined; message = next()) {
      const read = JSON.parse(message)
      if (answer && 'method' in read && 'id' in read) server.stdin.write(answer(read.id))
      else waiting.get(idOf(read))?.(read)
    }
  })
  /** The next whole message. Both protocols begin one with its length in bytes, which may take in an end of line. */
  function next(): string | undefined {
    const head = /^\s*Content-Length: (\d+)\r\n(?:[^\r\n]+\r\n)*\r\n/iu.exec(
      unread.subarray(0, 200).toString('latin1'),
    )
    if (!head) return undefined
    const [{ length: begin }, length] = [head[0], Number(head[1])]
    if (unread.length < begin + length) return undefined
    const message = unread.subarray(begin, begin + length).toString()
    unread = unread.subarray(begin + length)
    return message
  }
  return {
    ask(command, given) {
      const { promise, resolve } = Promise.withResolvers<Answer>()
      last += 1
      waiting.set(last, resolve)
      server.stdin.write(question(last, command, given))
      return promise
    },
    send(command, given) {
      last += 1
      server.stdin.write((remark ?? question.bind(undefined, last))(command, given))
    },
  }
}
