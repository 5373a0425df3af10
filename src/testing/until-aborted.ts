/** What work comes to, or the reason of the first signal that is aborted before it does. The work itself goes on. */
export function untilAborted<T>(
  work: Promise<T>,
  ...signals: readonly (AbortSignal | null | undefined)[]
): Promise<T> {
  const given = signals.filter((signal) => signal !== null && signal !== undefined)
  const aborted = given.find((signal) => signal.aborted)
  if (aborted) {
    work.catch(() => {}) // whoever waited is told of the abort
    return Promise.reject(aborted.reason)
  }
  return new Promise((resolve, reject) => {
    const abort = (event: Event) => reject((event.target as AbortSignal).reason)
    for (const signal of given) signal.addEventListener('abort', abort, { once: true })
    const letGo = () => {
      for (const signal of given) signal.removeEventListener('abort', abort)
    }
    work.then(resolve, reject).finally(letGo)
  })
}
