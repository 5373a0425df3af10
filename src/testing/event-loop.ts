type Run = (run: () => void) => void
type RunLater = (run: () => void, ms: number) => unknown

// Taken when the module is loaded, so that a test which fakes the global timers later does not stop this one. Where
// they are fakes already (they carry their clock), a channel does nearly the same: nobody fakes those.
const immediate: Run | undefined = unlessFake((globalThis as { setImmediate?: Run }).setImmediate)
const timeout: RunLater | undefined = unlessFake<RunLater>(setTimeout)
const channel: typeof MessageChannel = globalThis.MessageChannel

/** How many turns without any news it takes to be sure that nothing is under way. What is ready needs one or two. */
export const QUIET_TURNS = 6

/** Lets everything run that is ready to. Takes the quickest way that the runtime has; keeps nothing alive afterwards. */
export function turnEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    if (immediate) return immediate(resolve)
    // A timer, since workerd delivers messages without a turn; out of a message, since a browser holds back for 4 ms what
    // comes out of a timer.
    const next = () => (timeout ? void timeout(resolve, 0) : resolve())
    const { port1, port2 } = new channel()
    const end = () => {
      port1.close()
      next()
    }
    port1.addEventListener('message', end, { once: true })
    port1.start()
    port2.postMessage(null)
  })
}

function unlessFake<T extends object>(run: T | undefined): T | undefined {
  return run && 'clock' in run ? undefined : run
}
