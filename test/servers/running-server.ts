import { type ChildProcess, fork } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { keepLastLines } from '../../e2e/network/last-lines.ts'
import type { ServerCommand, ServerMessage, ServerState } from './messages.ts'
import type { Settings } from './recipe.ts'

const PROGRAM = fileURLToPath(new URL('supervise.ts', import.meta.url))

export interface StartServerOptions {
  /** Settings that differ from those of a server that loses nothing, by the names of its own configuration. */
  readonly settings?: Settings
  /**
   * Where the server gets a folder for its data, for as long as it runs.
   *
   * @default the temporary folder of the system
   */
  readonly parentFolder?: string
}

/** A real server on a loopback port of its own. It ends with this process, however that ends. */
export class RunningServer {
  readonly #child: ChildProcess
  readonly #exited: Promise<void>
  #state: ServerState = { url: '', pid: 0 }
  #waiting: { resolve(): void; reject(error: Error): void } | undefined

  static async start(kind: 'redis' | 'postgres', options: StartServerOptions = {}): Promise<RunningServer> {
    const server = new RunningServer(kind, options)
    try {
      await server.#answer()
    } catch (error) {
      await server.stop()
      throw error
    }
    return server
  }

  private constructor(kind: 'redis' | 'postgres', { parentFolder = tmpdir(), settings = {} }: StartServerOptions) {
    this.#child = fork(PROGRAM, [parentFolder, kind, JSON.stringify(settings)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    const lastLines = keepLastLines(this.#child.stderr)
    this.#child.on('message', (message: ServerMessage) => {
      if ('error' in message) this.#waiting?.reject(new Error(message.error))
      else this.#state = message
      this.#waiting?.resolve()
    })
    this.#exited = new Promise((resolve) => {
      this.#child.once('close', () => {
        this.#waiting?.reject(new Error(`the server's keeper ended\n${lastLines()}`))
        resolve()
      })
    })
  }

  /** The same after a restart. */
  get url(): string {
    return this.#state.url
  }

  /** The server's own process. Another after a restart. */
  get pid(): number {
    return this.#state.pid
  }

  /** Ends the server with SIGKILL. Its data stay. */
  kill(): Promise<void> {
    return this.#command('kill')
  }

  /** Starts the server again on the same port and data, after a SIGKILL where it runs. */
  restart(): Promise<void> {
    return this.#command('restart')
  }

  /** Ends the server and removes its data. */
  stop(): Promise<void> {
    this.#child.kill()
    return this.#exited
  }

  #command(command: ServerCommand): Promise<void> {
    if (!this.#child.connected) return Promise.reject(new Error('the server was stopped'))
    this.#child.send(command)
    return this.#answer()
  }

  #answer(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }
}
