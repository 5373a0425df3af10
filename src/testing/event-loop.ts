type Run = (run: () => void) => void

// Taken when the module is loaded, so that a test which fakes the global timers does not stop this one.
const immediate: Run | undefined = (globalThis as { setImmediate?: Run }).setImmediate
const channel: typeof MessageChannel | undefined = globalThis.MessageChannel
const timeout: (run: () => void, ms: number) => unknown = setTimeout

/** Lets everything run that is ready to. Takes the quickest way that the runtime has; keeps nothing alive afterwards. */
export function turnEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    if (immediate) return immediate(resolve)
    if (!channel) return void timeout(resolve, 0)
    const { port1, port2 } = new channel()
    const end = () => {
      port1.close()
      resolve()
    }
    port1.addEventListener('message', end, { once: true })
    port1.start()
    port2.postMessage(null)
  })
}
