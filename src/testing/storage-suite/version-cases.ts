import { expectThat } from './expect.ts'
import { create, expectLost, expectStored, replace } from './stored.ts'
import type { SuiteCase } from './suite-case.ts'

const KEY = 'session/did:plc:alice/1'
const OTHER = 'session/did:plc:bob/1'
const ROUNDS = 50

/** What the names of writings are worth. */
export const versionCases: readonly SuiteCase[] = [
  {
    title: 'gives no version out twice: not after a put, a delete or an expiry, nor for another key',
    async run({ storage, clock }) {
      const versions: string[] = []
      for (let round = 0; round < ROUNDS; round += 1) {
        const created = await create(storage, KEY, 'same')
        const replaced = await replace(storage, KEY, 'same', created)
        await storage.delete(KEY, { ifVersion: replaced })
        const expired = await create(storage, KEY, 'same', clock.now() - 1000)
        versions.push(created, replaced, expired, await create(storage, `${OTHER}/${round}`, 'same'))
      }
      const repeated = versions.length - new Set(versions).size
      expectThat(repeated === 0, `${versions.length} different versions`, `${repeated} that were there before`)
    },
  },
  {
    title: 'takes the version of one key for no other',
    async run({ storage }) {
      const version = await create(storage, KEY, 'same')
      const other = await create(storage, OTHER, 'same')
      expectLost(await storage.put(KEY, 'x', { ifVersion: other }), "a put over another key's version")
      expectThat(!(await storage.delete(KEY, { ifVersion: other })), "no delete of another key's version", 'one')
      await expectStored(storage, KEY, 'same', version)
      await expectStored(storage, OTHER, 'same', other)
    },
  },
  {
    title: 'takes the version of what was deleted for nothing that comes after',
    async run({ storage }) {
      const old: string[] = []
      for (let round = 0; round < 10; round += 1) {
        const version = await create(storage, KEY, 'same')
        for (const ifVersion of old) {
          expectLost(await storage.put(KEY, 'late', { ifVersion }), 'a put over a version of before')
          expectThat(!(await storage.delete(KEY, { ifVersion })), 'no delete of a version of before', 'one')
        }
        await expectStored(storage, KEY, 'same', version)
        await storage.delete(KEY, { ifVersion: version })
        old.push(version)
      }
    },
  },
]
