import { type Clock, DAY } from '../../http/clock.ts'
import { expectKeys, expectThat } from './expect.ts'
import { create, expectLost, expectNothing, expectStored, keysOf, replace } from './stored.ts'
import type { SuiteCase } from './suite-case.ts'

const KEY = 'signin/of-alice'
const NEIGHBOUR = 'signin/of-bob'
const LIFETIME_MS = 300
/** How far the storage's wall clock may be off that of the test. */
const TOLERANCE_MS = 100

/** The end of what is kept for a while. */
export const expiryCases: readonly SuiteCase[] = [
  {
    title: 'forgets an entry from its expiresAt on, and not before',
    async run({ storage, clock }) {
      const expiresAt = clock.now() + LIFETIME_MS
      await create(storage, NEIGHBOUR, 'stays')
      await create(storage, KEY, 'x', expiresAt)
      const [entry, keys] = [await storage.get(KEY), await keysOf(storage, '')]
      // On a machine that is busy, its time may be over by now.
      if (clock.now() < expiresAt - TOLERANCE_MS) {
        expectThat(entry !== undefined, 'an entry before its expiresAt', 'nothing')
        expectKeys(keys, [KEY, NEIGHBOUR], 'the listing before expiresAt')
      }
      await sleepPast(clock, expiresAt)
      await expectNothing(storage, KEY, 'after its expiresAt')
      expectKeys(await keysOf(storage, ''), [NEIGHBOUR], 'the listing after expiresAt')
      await expectStored(storage, NEIGHBOUR, 'stays')
    },
  },
  {
    title: 'neither deletes nor writes over what has expired, and creates anew',
    async run({ storage, clock }) {
      const expiresAt = clock.now() + LIFETIME_MS
      const keys = ['signin/delete', 'signin/put', 'signin/create']
      const versions = await Promise.all(keys.map((key) => create(storage, key, 'x', expiresAt)))
      await sleepPast(clock, expiresAt)
      const [ifVersion = ''] = versions
      expectThat(!(await storage.delete('signin/delete', { ifVersion })), 'no delete of what has expired', 'one')
      const late = { ifVersion: versions[1] ?? '' }
      expectLost(await storage.put('signin/put', 'late', late), 'a put over what has expired')
      await expectNothing(storage, 'signin/put', 'after its expiresAt')
      for (const key of keys) await expectStored(storage, key, 'new', await create(storage, key, 'new'))
    },
  },
  {
    title: 'takes an expiresAt that is past: the entry is gone at once',
    async run({ storage, clock }) {
      for (const [at, expiresAt] of [clock.now() - 1000, 1, 0].entries()) {
        const key = `${KEY}/${at}`
        await create(storage, key, 'x', expiresAt)
        await expectNothing(storage, key, 'that had expired when it was put')
        await replace(storage, key, 'y', await create(storage, key, 'x'), expiresAt)
        await expectNothing(storage, key, 'that was replaced by what had expired')
      }
      expectThat((await keysOf(storage, '')).length === 0, 'an empty listing', 'a key')
    },
  },
  {
    title: 'inherits no expiry: a put has its own, or none',
    async run({ storage, clock }) {
      const expiresAt = clock.now() + LIFETIME_MS
      const later = expiresAt + DAY
      const replaced = [
        ['none', 'new', undefined],
        ['later', 'new', later],
      ] as const
      for (const [key, value, next] of replaced) {
        await replace(storage, key, value, await create(storage, key, 'x', later), next)
      }
      // Begins with a long life, so that a slow machine does not lose it on the way.
      await replace(storage, 'sooner', 'new', await create(storage, 'sooner', 'x', later), expiresAt)
      const short = await create(storage, 'short', 'x', expiresAt)
      const renewed = await storage.put('short', 'new', { ifVersion: short })
      await sleepPast(clock, expiresAt)
      await expectStored(storage, 'none', 'new')
      await expectStored(storage, 'later', 'new')
      await expectNothing(storage, 'sooner', 'after the expiresAt of its last put')
      if (renewed !== undefined) await expectStored(storage, 'short', 'new', renewed)
    },
  },
  {
    title: 'keeps the expiry of what stands there, where another put is lost',
    async run({ storage, clock }) {
      const expiresAt = clock.now() + LIFETIME_MS
      const old = await create(storage, KEY, 'x')
      await replace(storage, KEY, 'y', old, expiresAt)
      const kept = await create(storage, NEIGHBOUR, 'stays')
      for (const ifVersion of [null, old]) {
        await storage.put(KEY, 'late', { ifVersion, expiresAt: expiresAt + DAY })
      }
      const isSlow = clock.now() >= expiresAt
      for (const ifVersion of [null, `${kept}0`]) {
        await storage.put(NEIGHBOUR, 'late', { ifVersion, expiresAt: 1 })
        await storage.put(NEIGHBOUR, 'late', { ifVersion, expiresAt })
      }
      await sleepPast(clock, expiresAt)
      // On a slow machine its life may have been over before: then another put rightly won.
      if (!isSlow) await expectNothing(storage, KEY, 'after the expiresAt of the put that won')
      await expectStored(storage, NEIGHBOUR, 'stays', kept)
    },
  },
  {
    title: 'takes an expiresAt that is years away, or has a fraction',
    async run({ storage, clock }) {
      const times = [clock.now() + 400 * DAY, clock.now() + DAY + 0.5, Date.UTC(9999, 11, 31)]
      for (const [at, expiresAt] of times.entries()) await create(storage, `${KEY}/${at}`, at, expiresAt)
      await clock.sleep(50)
      for (const at of times.keys()) await expectStored(storage, `${KEY}/${at}`, at)
      expectKeys(
        await keysOf(storage, ''),
        ['0', '1', '2'].map((at) => `${KEY}/${at}`),
        'the listing',
      )
    },
  },
]

async function sleepPast(clock: Clock, expiresAt: number): Promise<void> {
  await clock.sleep(Math.max(0, expiresAt - clock.now()) + TOLERANCE_MS)
}
