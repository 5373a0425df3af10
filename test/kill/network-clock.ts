import type { TestClock } from '../../src/testing.ts'
import { ScaledClock } from './scaled-clock.ts'

/** The clock of the fake network in a run: it goes by itself, and no test waits for it to settle. */
export class NetworkClock extends ScaledClock implements TestClock {
  #closed = false

  override sleep(
    ms: number,
    signal?: AbortSignal | null,
    options?: { readonly background?: boolean },
  ): Promise<void> {
    return this.#closed ? new Promise(() => {}) : super.sleep(ms, signal, options)
  }

  async advance(ms: number): Promise<void> {
    this.change({ jumpMs: ms })
  }

  jumpWall(): void {
    throw new TypeError('jumpWall: the clock of a run cannot, its processes share one wall clock')
  }

  async settle(): Promise<void> {
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }

  auto(): () => void {
    return () => {} // it never stands still
  }

  busy(): void {}

  idle(): void {}

  get sleeping(): number {
    return this.sleepers
  }

  close(): void {
    this.#closed = true
    this.forgetSleepers()
  }
}
