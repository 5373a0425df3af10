import type { PlanStep } from '../messages.ts'
import type { Tell } from './tell.ts'

const SIGNALS = { kill: 'SIGKILL', stop: 'SIGSTOP' } as const

/** Where this process can be ended or stopped: every place that it waits at. It does so to itself, as its plan says. */
export class Points {
  readonly #tell: Tell
  readonly #plan: PlanStep[]
  readonly #seen = new Set<string>()
  #passed = 0

  constructor(plan: readonly PlanStep[], tell: Tell) {
    this.#plan = [...plan]
    this.#tell = tell
  }

  /** Passes a point, or does not. */
  pass(kind: string): void {
    if (!this.#seen.has(kind)) {
      this.#seen.add(kind)
      this.#tell({ is: 'kind', kind })
    }
    const [step] = this.#plan
    if (!step || (step.kind !== undefined && step.kind !== kind)) return
    this.#passed += 1
    if (this.#passed < step.nth) return
    this.#plan.shift()
    this.#passed = 0
    this.#tell({ is: 'point', kind, step })
    // Both act before this call returns.
    process.kill(process.pid, SIGNALS[step.action])
    this.#tell({ is: 'resumed' })
  }

  /** Passes a point before a step and one after it, however it ends. */
  async around<T>(name: string, run: () => Promise<T>): Promise<T> {
    this.pass(`${name} before`)
    try {
      return await run()
    } finally {
      this.pass(`${name} after`)
    }
  }

  /** The same for a step that sends something: one more point once it is sent, and the answer is not there yet. */
  async aroundSending<T>(name: string, run: () => Promise<T>): Promise<T> {
    this.pass(`${name} before`)
    let isAnswered = false
    const answer = run().finally(() => {
      isAnswered = true
    })
    // Two turns of the event loop: a driver writes to its socket by the end of the first.
    setImmediate(() => setImmediate(() => !isAnswered && this.pass(`${name} sent`)))
    try {
      return await answer
    } finally {
      this.pass(`${name} after`)
    }
  }
}
