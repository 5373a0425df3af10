import { AsyncLocalStorage } from 'node:async_hooks'
import { interceptFiles } from './intercept-files.ts'

/** Runs several actors in one process, one call to the file system at a time, in whatever order is asked for. */
export class Schedule {
  readonly #actor = new AsyncLocalStorage<Actor>()
  readonly #restore: Promise<() => void>

  constructor() {
    this.#restore = interceptFiles((name) => this.#actor.getStore()?.arrive(name))
  }

  /** Begins to run an actor. It stands before its first call until it is let go. */
  async begin(run: () => Promise<void>): Promise<Actor> {
    await this.#restore
    const actor = new Actor()
    await actor.start(() => this.#actor.run(actor, run))
    return actor
  }

  async close(): Promise<void> {
    const restore = await this.#restore
    restore()
  }
}

/** Somebody who writes. Stands before a call, or has ended. */
export class Actor {
  #waiting: { readonly name: string; readonly go: () => void } | undefined
  #arrived = Promise.withResolvers<void>()
  #hasEnded = false
  #failure: unknown

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** What it ended with, if not well. */
  get failure(): unknown {
    return this.#failure
  }

  /** The call that it stands before. */
  get next(): string | undefined {
    return this.#waiting?.name
  }

  async start(run: () => Promise<void>): Promise<void> {
    void run()
      .catch((error: unknown) => (this.#failure = error))
      .finally(() => {
        this.#hasEnded = true
        this.#arrived.resolve()
      })
    await this.#arrived.promise
  }

  arrive(name: string): Promise<void> {
    return new Promise((go) => {
      this.#waiting = { name, go }
      this.#arrived.resolve()
    })
  }

  /** Lets it do this one call, and all up to the next. */
  async step(): Promise<void> {
    const waiting = this.#waiting
    if (!waiting || this.#hasEnded) return
    this.#waiting = undefined
    this.#arrived = Promise.withResolvers()
    waiting.go()
    await this.#arrived.promise
  }
}
