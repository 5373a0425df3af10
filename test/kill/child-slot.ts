import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Life } from './life.ts'
import type { ChildLine, ChildSettings, PlanStep } from './messages.ts'
import type { NetworkClock } from './network-clock.ts'

const PROGRAM = fileURLToPath(new URL('child/child.ts', import.meta.url))

export interface ChildSlotOptions {
  readonly clock: NetworkClock
  /** A folder that children share for compiled code: starting is most of what they do. */
  readonly compiled: string
  /** The settings of the next life. */
  readonly nextLife: (slot: number) => ChildSettings
  readonly onLine: (life: Life, line: ChildLine) => void
  /** It stands still, and somebody else may take its turn. */
  readonly onStop: () => void
  readonly onEnd: (life: Life, wasKilled: boolean, lastWords: string) => void
}

/** A place for a child, which has one life after another there. */
export class ChildSlot {
  readonly slot: number
  readonly #options: ChildSlotOptions
  #process: ChildProcess | undefined
  #life: Life | undefined
  #isStopped = false
  #ended: Promise<void> = Promise.resolve()

  constructor(slot: number, options: ChildSlotOptions) {
    this.slot = slot
    this.#options = options
  }

  get life(): Life | undefined {
    return this.#life
  }

  get isStopped(): boolean {
    return this.#isStopped
  }

  start(): Life {
    const settings = this.#options.nextLife(this.slot)
    const life: Life = {
      number: settings.life,
      slot: this.slot,
      readyAt: undefined,
      stops: [],
      endedAt: undefined,
    }
    this.#life = life
    this.#isStopped = false
    const child = spawn(
      process.execPath,
      ['--conditions=atproof-source', '--no-warnings', PROGRAM, JSON.stringify(settings)],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_COMPILE_CACHE: this.#options.compiled } },
    )
    this.#process = child
    let lastWords = ''
    child.stderr.on('data', (chunk: Buffer) => {
      lastWords = (lastWords + chunk.toString()).slice(-4000)
    })
    createInterface(child.stdout).on('line', (text) => {
      const line = JSON.parse(text) as ChildLine
      if (line.is === 'point') this.#atPoint(life, line.at, line.step)
      if (line.is === 'resumed') this.#resumed(life, line.at)
      this.#options.onLine(life, line)
    })
    this.#ended = new Promise((resolve) => {
      // `close`: all that it said has been read by then.
      child.once('close', (_, signal) => {
        life.endedAt ??= this.#options.clock.now()
        this.#resumed(life, life.endedAt)
        if (this.#life === life) this.#life = undefined
        this.#options.onEnd(life, signal === 'SIGKILL', lastWords)
        resolve()
      })
    })
    return life
  }

  /** Ends it from outside. */
  kill(): void {
    this.#process?.kill('SIGKILL')
  }

  /** Stops it from outside, and lets it go on after a while of the scaled time. */
  async stop(ms: number): Promise<void> {
    const [life, child, { clock }] = [this.#life, this.#process, this.#options]
    if (this.#isStopped || !life || !child) return
    this.#isStopped = true
    child.kill('SIGSTOP')
    life.stops.push({ from: clock.now(), to: Infinity, why: 'killer' })
    this.#options.onStop()
    await clock.sleep(ms)
    child.kill('SIGCONT')
    this.#resumed(life, clock.now())
  }

  /** Ends it, and waits until it has. */
  async end(): Promise<void> {
    this.kill()
    await this.#ended
  }

  #atPoint(life: Life, at: number, { action, stopMs = 0 }: PlanStep): void {
    if (action === 'kill') {
      life.endedAt = at
      return
    }
    this.#isStopped = true
    life.stops.push({ from: at, to: Infinity, why: 'killer' })
    this.#options.onStop()
    const child = this.#process
    // Sent again until it says so: the first can come before it stands still.
    const goOn = async (): Promise<void> => {
      await this.#options.clock.sleep(stopMs)
      while (this.#isStopped && this.#life === life && child?.exitCode === null && child.signalCode === null) {
        child.kill('SIGCONT')
        await new Promise((resolve) => {
          setTimeout(resolve, 50)
        })
      }
    }
    void goOn()
  }

  #resumed(life: Life, at: number): void {
    const stop = life.stops.at(-1)
    if (stop?.to === Infinity) stop.to = at
    if (life !== this.#life) return
    this.#isStopped = false
    // It gets its time to show what it does now.
    life.readyAt = at
  }
}
