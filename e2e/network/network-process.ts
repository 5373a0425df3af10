import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { NetworkCommands } from './commands.ts'
import { keepLastLines } from './last-lines.ts'
import { type AnswerMessage, type CallMessage, START_ID } from './messages.ts'
import type { NetworkAddresses } from './run-network.ts'

const PROGRAM = fileURLToPath(new URL('server.ts', import.meta.url))

/** The process that the network runs in, and the calls that wait for its answer. */
export class NetworkProcess {
  readonly started: Promise<NetworkAddresses>
  readonly #child: ChildProcess
  readonly #exited: Promise<void>
  readonly #waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>()
  #lastId = START_ID
  #isClosing = false
  #end: Error | undefined

  constructor(folder: string) {
    this.started = new Promise((resolve, reject) => this.#waiting.set(START_ID, { resolve, reject }))
    this.#child = fork(PROGRAM, [folder], {
      execArgv: [],
      // Its servers talk to each other on this machine: not through a proxy.
      env: {
        ...process.env,
        LOG_ENABLED: 'false',
        NO_PROXY: 'localhost,127.0.0.1',
        no_proxy: 'localhost,127.0.0.1',
      },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    const lastLines = keepLastLines(this.#child.stderr)
    // It sees for itself that its parent is gone, but not while it loads.
    const kill = () => this.#child.kill()
    process.once('exit', kill)
    this.#child.on('message', (message: AnswerMessage) => this.#settle(message))
    this.#exited = new Promise((resolve) => {
      // Not at `exit`, when what the process said last may still be on its way.
      this.#child.once('close', (code, signal) => {
        process.off('exit', kill)
        this.#fail(`${code === null ? `signal ${signal}` : `exit code ${code}`}\n${lastLines()}`)
        resolve()
      })
    })
  }

  call<Name extends keyof NetworkCommands>(
    command: Name,
    ...input: Parameters<NetworkCommands[Name]>
  ): Promise<Awaited<ReturnType<NetworkCommands[Name]>>> {
    if (this.#end) return Promise.reject(this.#end)
    return new Promise((resolve, reject) => {
      const message: CallMessage = { id: ++this.#lastId, command, input }
      this.#waiting.set(message.id, { resolve, reject })
      this.#child.send(message, (error) => error && reject(error))
    })
  }

  close(): Promise<void> {
    this.#isClosing = true
    // Not disconnect(), after which Node tells of no `close`: https://github.com/nodejs/node/issues/19433
    this.#child.kill()
    return this.#exited
  }

  #settle(message: AnswerMessage): void {
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if ('error' in message) waiting?.reject(new Error(message.error))
    // It is the value that the command of this call returned: both sides implement NetworkCommands.
    else waiting?.resolve(message.value as never)
  }

  #fail(how: string): void {
    this.#end = new Error(
      this.#isClosing ? 'the network is closed' : `the network ended by itself, with ${how}`.trimEnd(),
    )
    for (const { reject } of this.#waiting.values()) reject(this.#end)
    this.#waiting.clear()
  }
}
