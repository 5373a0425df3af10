/** Throws unless both are the same as JSON. No runtime has an assertion library of its own that all others have. */
export function assertSame(found: unknown, expected: unknown): void {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)]
  if (left !== right) throw new Error(`expected ${right}, found ${left}`)
}

/** Throws unless an error has these facts. */
export function assertFacts(error: unknown, facts: Readonly<Record<string, unknown>>): void {
  const found = Object.keys(facts).map((name) => [name, (error as Record<string, unknown>)[name]])
  if (JSON.stringify(found) === JSON.stringify(Object.entries(facts))) return
  throw new Error(`expected ${JSON.stringify(facts)}, found ${JSON.stringify(Object.fromEntries(found))}`, {
    cause: error,
  })
}

/** What a promise rejects with. Throws where it does not. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const success = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  if ('error' in success) return success.error
  throw new Error('expected a failure, found a success')
}

/** What has become of a promise so far: to be looked at without waiting for it. */
export interface Watched {
  readonly state: 'pending' | 'fulfilled' | 'rejected'
  readonly error: unknown
}

/** Watches a promise, whose failure is then nobody's surprise. */
export function watch(promise: Promise<unknown>): Watched {
  const watched: { state: Watched['state']; error: unknown } = { state: 'pending', error: undefined }
  promise.then(
    () => (watched.state = 'fulfilled'),
    (error: unknown) => Object.assign(watched, { state: 'rejected', error }),
  )
  return watched
}
