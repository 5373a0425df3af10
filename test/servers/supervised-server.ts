import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Readable } from 'node:stream'
import { keepLastLines } from '../../e2e/network/last-lines.ts'
import { listenOnLoopback } from '../../e2e/network/loopback.ts'
import type { ServerState } from './messages.ts'
import type { Command, Recipe } from './recipe.ts'

const STARTS = 10

type Child = ChildProcessByStdio<null, Readable, Readable>

/** A server in a folder, from the side of the process that keeps it. */
export class SupervisedServer {
  readonly #recipe: Recipe
  readonly #folder: string
  #child: Child | undefined
  #port = 0

  constructor(recipe: Recipe, folder: string) {
    this.#recipe = recipe
    this.#folder = folder
  }

  /** Starts it for the first time. */
  async create(): Promise<ServerState> {
    const { user, prepare } = this.#recipe
    if (user) chownSync(this.#folder, user.uid, user.gid)
    if (prepare) await this.#run(prepare)
    for (let start = 1; ; start += 1) {
      this.#port = await findFreePort()
      const failure = await this.#start()
      if (!failure) return this.#state()
      // Somebody else took the port in the meantime.
      if (start === STARTS || !this.#recipe.isPortTaken.test(failure)) throw new Error(failure)
    }
  }

  /** Ends it as a crash does. */
  async kill(): Promise<ServerState> {
    const state = this.#state()
    await this.#end('SIGKILL')
    return state
  }

  /** Starts it again where it was, on the same data. */
  async restart(): Promise<ServerState> {
    await this.#end('SIGKILL')
    for (let start = 1; ; start += 1) {
      const failure = await this.#start()
      if (!failure) return this.#state()
      // What a killed server leaves, children and connections, is gone in a moment.
      if (start === STARTS) throw new Error(failure)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }

  /** Ends it for good. */
  close(): Promise<void> {
    return this.#end(this.#recipe.endSignal)
  }

  #state(): ServerState {
    return { url: this.#recipe.url(this.#port), pid: this.#child?.pid ?? 0 }
  }

  async #run(command: Command): Promise<void> {
    const child = this.#spawn(command)
    const lastLines = keepLastLines(child.stdout, child.stderr)
    const [code]: unknown[] = await once(child, 'close')
    if (code !== 0) throw new Error(`${command.file} failed\n${lastLines()}`)
  }

  /** Resolves when the server can be used, or with what it said last where it ended instead. */
  async #start(): Promise<string | undefined> {
    const command = this.#recipe.start(this.#port)
    const child = this.#spawn(command)
    const lastLines = keepLastLines(child.stdout, child.stderr)
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (this.#recipe.isReady.test(lastLines())) resolve(undefined)
      }
      child.stdout.on('data', look)
      child.stderr.on('data', look)
      child.once('error', reject)
      child.once('close', () => resolve(`${command.file} ended\n${lastLines()}`))
    })
  }

  #spawn({ file, input }: Command): Child {
    this.#child = spawn(file, input, {
      cwd: this.#folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...this.#recipe.user,
    })
    return this.#child
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    const tooLong = setTimeout(() => child.kill('SIGKILL'), 5000)
    await ended
    clearTimeout(tooLong)
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer()
  const port = await listenOnLoopback(server)
  server.close()
  await once(server, 'close')
  return port
}
