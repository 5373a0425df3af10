import { ageOf, expectAge } from './age-cases.ts'
import { expectKeys, expectThat } from './expect.ts'
import { raceDeletes, racePuts, racePutsAndDeletes } from './race-cases.ts'
import { create, expectLost, expectNothing, expectStored, keysOf, replace } from './stored.ts'
import type { SuiteCase } from './suite-case.ts'

const KEY = 'session/did:plc:alice/1'
const EXPIRES_AFTER_MS = 600

/** Several handles over the same data. */
export const handleCases: readonly SuiteCase[] = [
  {
    title: 'sees at once what another handle created, wrote over and deleted',
    async run({ storage, reopen }) {
      const other = await reopen()
      const handles = [storage, other, storage]
      for (const handle of handles) await expectNothing(handle, KEY, 'that nobody created')
      const first = await create(storage, KEY, 'first')
      for (const handle of handles) await expectStored(handle, KEY, 'first', first)
      expectLost(await other.put(KEY, 'x', { ifVersion: null }), 'a creation where something stands')
      const second = await replace(other, KEY, 'second', first)
      for (const handle of handles) await expectStored(handle, KEY, 'second', second)
      expectLost(await storage.put(KEY, 'late', { ifVersion: first }), 'a put over what another handle replaced')
      expectThat(await storage.delete(KEY, { ifVersion: second }), 'a delete of what another handle put', 'none')
      for (const handle of handles) await expectNothing(handle, KEY, 'that a handle deleted')
      const third = await create(other, KEY, 'third')
      for (const handle of handles) await expectStored(handle, KEY, 'third', third)
    },
  },
  {
    title: 'lists what other handles wrote',
    async run({ storage, reopen }) {
      const other = await reopen()
      const mine = await create(storage, 'session/mine', true)
      await create(other, 'session/theirs', true)
      for (const handle of [storage, other, await reopen()]) {
        expectKeys(await keysOf(handle, ''), ['session/mine', 'session/theirs'], 'the listing of a handle')
      }
      await other.delete('session/mine', { ifVersion: mine })
      expectKeys(await keysOf(storage, 'session/'), ['session/theirs'], 'the listing after another handle deleted')
    },
  },
  {
    title: 'lets one win where several handles put and delete at once',
    async run({ storage, reopen }) {
      const handles = [storage, await reopen()]
      const handle = (at: number) => handles[at % 2] ?? storage
      // Of those that race for a put or a delete, each handle has some of both.
      const pair = (at: number) => handles[(at >> 1) % 2] ?? storage
      let version: string | null = null
      for (let round = 0; round < 5; round += 1) {
        version = await racePuts(handle, KEY, version)
        await racePuts(handle, `spent/${round}`, null)
        await raceDeletes(handle, `signin/${round}`)
        await racePutsAndDeletes(pair, round)
      }
    },
  },
  {
    title: 'gives no version out twice, whichever handle writes',
    async run({ storage, reopen }) {
      const handles = [storage, await reopen(), await reopen()]
      const versions: string[] = []
      for (let round = 0; round < 20; round += 1) {
        for (const [at, handle] of handles.entries()) {
          const version = await create(handle, KEY, 'same')
          versions.push(version, await create(handle, `${KEY}/${at}/${round}`, 'same'))
          await handle.delete(KEY, { ifVersion: version })
        }
      }
      const repeated = versions.length - new Set(versions).size
      expectThat(repeated === 0, `${versions.length} different versions`, `${repeated} that were there before`)
    },
  },
  {
    title: 'gives one age and one expiry, whichever handle looks',
    async run({ storage, reopen, clock }) {
      const other = await reopen()
      const expiresAt = clock.now() + EXPIRES_AFTER_MS
      await create(storage, 'signin/1', 'x', expiresAt)
      await create(storage, KEY, 'x')
      for (let look = 0; look < 3; look += 1) {
        await clock.sleep(150)
        const ages = [await ageOf(storage, KEY), await ageOf(other, KEY), await ageOf(storage, KEY)] as const
        expectAge(ages[1], ages[0], ages[2])
      }
      await clock.sleep(EXPIRES_AFTER_MS)
      // The one that did not write comes first: nobody has told it yet.
      for (const handle of [other, storage]) await expectNothing(handle, 'signin/1', 'after its expiresAt')
    },
  },
]
