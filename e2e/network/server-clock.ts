/**
 * The clock of this process and of the servers in it. Put forward, everything that they keep is that much older at
 * once: tokens, codes, cached documents. Timers go on as before.
 */
export class ServerClock {
  #aheadMs = 0

  constructor() {
    const TrueDate = globalThis.Date
    const now = () => TrueDate.now() + this.#aheadMs
    globalThis.Date = new Proxy(TrueDate, {
      construct: (target, input, created) =>
        Reflect.construct(target, input.length > 0 ? input : [now()], created),
      get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
    })
    // Caches in memory tell the age of their entries by this one.
    const monotonic = performance.now.bind(performance)
    performance.now = () => monotonic() + this.#aheadMs
  }

  skip(ms: number): void {
    this.#aheadMs += ms
  }
}
