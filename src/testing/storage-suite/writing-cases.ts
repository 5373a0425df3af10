import { expectThat } from './expect.ts'
import { create, expectLost, expectNothing, expectStored, keysOf, replace } from './stored.ts'
import type { SuiteCase } from './suite-case.ts'

const KEY = 'session/did:plc:alice/1'
const VALUE = { tokens: ['first', 'second'], gen: 1, attempt: null }

/** A put, and the condition it is under. */
export const writingCases: readonly SuiteCase[] = [
  {
    title: 'gives back what was put, under the version that the put returned',
    async run({ storage }) {
      await expectNothing(storage, KEY, 'in a new storage')
      const version = await create(storage, KEY, VALUE)
      await expectStored(storage, KEY, VALUE, version)
      await expectNothing(storage, `${KEY}0`, 'that was not written')
    },
  },
  {
    title: 'creates only where nothing stands',
    async run({ storage }) {
      const version = await create(storage, KEY, VALUE)
      expectLost(await storage.put(KEY, 'other', { ifVersion: null }), 'a creation where something stands')
      await expectStored(storage, KEY, VALUE, version)
    },
  },
  {
    title: 'writes over the version that is named',
    async run({ storage }) {
      const first = await create(storage, KEY, VALUE)
      const second = await replace(storage, KEY, 'second', first)
      await expectStored(storage, KEY, 'second', second)
      const third = await replace(storage, KEY, 'third', second)
      await expectStored(storage, KEY, 'third', third)
    },
  },
  {
    title: 'writes nothing over a version that was replaced',
    async run({ storage }) {
      const first = await create(storage, KEY, VALUE)
      const second = await replace(storage, KEY, 'second', first)
      const third = await replace(storage, KEY, 'third', second)
      for (const old of [first, second]) {
        expectLost(await storage.put(KEY, 'late', { ifVersion: old }), 'a put over a version that was replaced')
      }
      await expectStored(storage, KEY, 'third', third)
    },
  },
  {
    title: 'takes a version that it never gave out for one that does not stand there',
    async run({ storage }) {
      const version = await create(storage, KEY, VALUE)
      for (const invented of inventedVersions(version)) {
        const shape = `an invented version of ${invented.length} characters`
        expectLost(await storage.put(KEY, 'x', { ifVersion: invented }), `a put over ${shape}`)
        expectThat(!(await storage.delete(KEY, { ifVersion: invented })), `no delete of ${shape}`, 'one')
        expectLost(await storage.put('none', 'x', { ifVersion: invented }), `a put of ${shape} over nothing`)
        expectThat(!(await storage.delete('none', { ifVersion: invented })), `no delete where nothing is`, 'one')
      }
      await expectStored(storage, KEY, VALUE, version)
      await expectNothing(storage, 'none', 'that nobody created')
    },
  },
  {
    title: 'writes nothing over a version where nothing stands',
    async run({ storage }) {
      const version = await create(storage, KEY, VALUE)
      await storage.delete(KEY, { ifVersion: version })
      expectLost(await storage.put(KEY, 'late', { ifVersion: version }), 'a put over what was deleted')
      await expectNothing(storage, KEY, 'that was deleted')
      expectThat((await keysOf(storage, '')).length === 0, 'an empty listing', 'a key')
    },
  },
]

/** Texts that are no version, and some that nearly are the one that is given. */
function inventedVersions(version: string): string[] {
  const swapped = [...version].map((letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  )
  const near = [swapped.join(''), ` ${version}`, `${version} `, `${version}0`, `0${version}`, version.slice(0, -1)]
  const far = [
    '',
    '0',
    '1',
    '-1',
    'null',
    'undefined',
    '*',
    '%',
    '..',
    "' or 1=1 --",
    'é\u{1f511}',
    '9'.repeat(5000),
  ]
  return [...near, ...far].filter((invented) => invented !== version)
}
