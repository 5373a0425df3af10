import { StorageError } from '../../errors/storage-error.ts'
import type { Storage } from '../../storage/storage.ts'
import { expectThat } from './expect.ts'
import { create, expectStored, keysOf, replace } from './stored.ts'
import type { SuiteCase } from './suite-case.ts'

const KEY = 'session/did:plc:alice/1'
const NEIGHBOURS = ['session/did:plc:alice/0', 'session/did:plc:alice/10', 'session/did:plc:bob/1', 'signin/1']

/** An entry that something damaged, in each of the ways that an engine's author knows. */
export function damageCases(damages: readonly string[]): readonly SuiteCase[] {
  return damages.flatMap((damage) => [
    {
      title: `says of an entry that is ${damage} that it is corrupt, and which it is`,
      async run({ storage, corrupt }) {
        await create(storage, KEY, { tokens: 'secret-of-this-entry', gen: 1 })
        await corrupt(damage, KEY)
        await expectCorrupt(storage)
      },
    },
    {
      title: `keeps and lists the neighbours of an entry that is ${damage}`,
      async run({ storage, corrupt }) {
        const versions: string[] = []
        for (const key of NEIGHBOURS) versions.push(await create(storage, key, { key }))
        await create(storage, KEY, 'x')
        await corrupt(damage, KEY)
        for (const [at, key] of NEIGHBOURS.entries()) {
          await expectStored(storage, key, { key }, versions[at])
          await replace(storage, key, 'new', versions[at] ?? '')
        }
        await expectCorrupt(storage)
        await create(storage, 'session/new', true)
        const listed = await keysOf(storage, '')
        const missing = [...NEIGHBOURS, 'session/new'].filter((key) => !listed.includes(key))
        expectThat(missing.length === 0, 'all neighbours in the listing', `${missing.length} missing`)
        for (const key of NEIGHBOURS) await expectStored(storage, key, 'new')
      },
    },
    {
      title: `neither deletes an entry that is ${damage} nor creates over it`,
      async run({ storage, corrupt }) {
        const version = await create(storage, KEY, 'x')
        await corrupt(damage, KEY)
        await keysOf(storage, '')
        await expectCorrupt(storage)
        const creation = await tried(storage.put(KEY, 'new', { ifVersion: null }))
        expectThat(creation === 'corrupt' || creation === undefined, 'no creation over it', 'one')
        const foreign = await tried(storage.put(KEY, 'new', { ifVersion: `${version}0` }))
        expectThat(foreign === 'corrupt' || foreign === undefined, 'no put of another version over it', 'one')
        const deletion = await tried(storage.delete(KEY, { ifVersion: `${version}0` }))
        expectThat(deletion === 'corrupt' || deletion === false, 'no delete of another version', 'one')
        await expectCorrupt(storage)
      },
    },
  ])
}

async function expectCorrupt(storage: Storage): Promise<void> {
  const error = await storage.get(KEY).then(
    () => undefined,
    (failure: unknown) => failure ?? 'nothing',
  )
  expectThat(error !== undefined, 'a failure for an entry that cannot be read', 'an answer')
  expectThat(isCorrupt(error), 'a StorageError with the code corrupt', 'another failure')
  const { field = '', message } = error
  expectThat(field.includes(KEY), 'the key in the `field` of the error', 'another text')
  expectThat(!message.includes('secret-of-this-entry'), 'a message without what was stored', 'one with it')
}

/** What a writing came to: `corrupt` where it failed so. */
async function tried<T>(writing: Promise<T>): Promise<T | 'corrupt'> {
  try {
    return await writing
  } catch (error) {
    if (isCorrupt(error)) return 'corrupt'
    throw error
  }
}

function isCorrupt(error: unknown): error is StorageError {
  return error instanceof StorageError && error.code === 'corrupt'
}
