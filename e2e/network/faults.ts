import type { Fault } from './commands.ts'

/** A fault and how often it is still to happen. */
export class ArmedFault {
  readonly fault: Fault
  #left: number

  constructor(fault: Fault) {
    this.fault = fault
    this.#left = fault.times ?? 1
  }

  matches(method: string, path: string): boolean {
    if (this.#left <= 0 || this.fault.path !== path) return false
    return this.fault.method ? this.fault.method === method : method !== 'OPTIONS'
  }

  /** Counts one use; false where none is left, as when a request that came at the same time was faster. */
  use(): boolean {
    return this.#left-- > 0
  }
}

/** The faults that are armed, oldest first to be used. */
export class Faults {
  readonly #armed: ArmedFault[] = []

  arm(fault: Fault): void {
    this.#armed.push(new ArmedFault(fault))
  }

  find(method: string, path: string): ArmedFault | undefined {
    return this.#armed.find((armed) => armed.matches(method, path))
  }
}
