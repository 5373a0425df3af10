import type { Clock, Storage } from 'atproof'
import { sharedStorage } from '../conformance/sign-in/processes.ts'
import type { SeededRandom } from '../kill/seeded-random.ts'

/** How a storage stands to one process: what comes of its readings and writings of sessions. */
export const MOODS = [
  'works',
  'is down',
  'cannot be read',
  'cannot be written',
  'loses answers',
  'is slow',
  'is mad',
] as const
export type Mood = (typeof MOODS)[number]

const LONGEST_PAUSE_MS = 4000
const OFTEN = 0.4

/** What a storage of one process needs of the story around it. */
export interface FailingStorageOptions {
  readonly clock: Clock
  readonly random: SeededRandom
  /** Told of each access, once its outcome is known. */
  tell(what: string): void
}

/** A storage as one process sees it, which fails as its mood is. What is no session is never in the way. */
export function failingStorage(
  inner: Storage,
  { clock, random, tell }: FailingStorageOptions,
): { readonly storage: Storage; feel(mood: Mood): void } {
  let mood: Mood = 'works'

  async function access<T>(kind: 'get' | 'put', key: string, run: () => Promise<T>): Promise<T> {
    if (!key.startsWith('session/')) return run()
    // As it was when it was asked.
    const felt = mood
    const isSlow = felt === 'is slow' || felt === 'is mad'
    const isRefused = felt === 'is down' || felt === (kind === 'get' ? 'cannot be read' : 'cannot be written')
    if (isSlow) await clock.sleep(random.between(0, LONGEST_PAUSE_MS))
    if (isRefused || (felt === 'is mad' && random.happens(OFTEN))) return fail(`${kind} refused`)
    const outcome = await run()
    if (isSlow) await clock.sleep(random.between(0, LONGEST_PAUSE_MS))
    const isLost = felt === 'loses answers' || (felt === 'is mad' && random.happens(OFTEN))
    if (kind === 'put' && isLost)
      return fail(`put ${outcome === undefined ? 'too late' : 'done'}, and its answer lost`)
    tell(`${kind} ${outcome === undefined ? 'found nothing or came too late' : 'done'}`)
    return outcome
  }

  function fail(what: string): never {
    tell(what)
    throw new Error(what)
  }

  const storage = sharedStorage(inner, {
    get: (key) => access('get', key, () => inner.get(key)),
    put: (key, value, options) => access('put', key, () => inner.put(key, value, options)),
  })
  return { storage, feel: (next) => void (mood = next) }
}
