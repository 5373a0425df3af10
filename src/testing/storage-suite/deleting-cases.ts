import { expectKeys, expectThat } from './expect.ts'
import { create, expectNothing, expectStored, keysOf, replace } from './stored.ts'
import type { SuiteCase } from './suite-case.ts'

const KEY = 'session/did:plc:alice/1'
const NEIGHBOUR = 'session/did:plc:alice/12'

/** A delete, and the condition it is under. */
export const deletingCases: readonly SuiteCase[] = [
  {
    title: 'deletes the version that is named, and nothing beside it',
    async run({ storage }) {
      await create(storage, NEIGHBOUR, 'stays')
      const version = await create(storage, KEY, 'x')
      expectThat(await storage.delete(KEY, { ifVersion: version }), 'a delete of what stands there', 'none')
      await expectNothing(storage, KEY, 'that was deleted')
      await expectStored(storage, NEIGHBOUR, 'stays')
      expectKeys(await keysOf(storage, ''), [NEIGHBOUR], 'the listing after a delete')
    },
  },
  {
    title: 'deletes nothing where another version stands, or nothing',
    async run({ storage }) {
      const first = await create(storage, KEY, 'first')
      const second = await replace(storage, KEY, 'second', first)
      expectThat(!(await storage.delete(KEY, { ifVersion: first })), 'no delete of what was replaced', 'one')
      await expectStored(storage, KEY, 'second', second)
      expectThat(!(await storage.delete('none', { ifVersion: second })), 'no delete where nothing stands', 'one')
      await storage.delete(KEY, { ifVersion: second })
      expectThat(!(await storage.delete(KEY, { ifVersion: second })), 'no second delete', 'one')
    },
  },
  {
    title: 'creates again where something was deleted',
    async run({ storage }) {
      for (let round = 0; round < 20; round += 1) {
        const version = await create(storage, KEY, { round })
        await expectStored(storage, KEY, { round }, version)
        expectKeys(await keysOf(storage, ''), [KEY], 'the listing after a creation')
        await storage.delete(KEY, { ifVersion: version })
      }
    },
  },
]
