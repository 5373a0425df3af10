import { performance } from 'node:perf_hooks'
import type { RequestCounter } from './request-counter.ts'

/** A step that failed: which one, what was expected and what came. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed'

  constructor(step: string, cause: unknown) {
    super(`step "${step}" failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

/** Tells the story: one line a step, with what was asked of whom and how long it took. */
export class Narrator {
  readonly requests: Record<string, number> = {}
  readonly #counter: RequestCounter
  readonly #print: (line: string) => void
  #steps = 0

  constructor(counter: RequestCounter, print: (line: string) => void) {
    this.#counter = counter
    this.#print = print
  }

  /** Runs one step. What it returns is told by `tell`, beside what it asked. */
  async step<T>(name: string, title: string, run: () => Promise<T>, tell?: (result: T) => string): Promise<T> {
    this.#counter.take()
    const begun = performance.now()
    const result = await run().catch((cause: unknown) => {
      throw new StepFailed(title, cause)
    })
    const ms = Math.round(performance.now() - begun)
    const asked = this.#counter.take()
    this.requests[name] = asked.count
    const number = String(++this.#steps).padStart(2)
    const outcome = tell ? `: ${tell(result)}` : ''
    const requests = asked.count === 1 ? '1 request' : `${asked.count} requests`
    this.#print(`${number}. ${title}${outcome} [${asked.count ? `${requests}: ${asked.words}; ` : ''}${ms} ms]`)
    return result
  }
}

/** Ends a step where what came is not what was expected. */
export function expectEqual(what: string, expected: unknown, found: unknown): void {
  if (Object.is(expected, found)) return
  throw new Error(`${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`)
}
