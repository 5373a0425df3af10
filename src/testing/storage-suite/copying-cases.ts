import type { Storage } from '../../storage/storage.ts'
import { expectThat } from './expect.ts'
import { create, expectStored, read } from './stored.ts'
import type { SuiteCase } from './suite-case.ts'

const KEY = 'session/did:plc:alice/1'

/** What is stored belongs to nobody outside. */
export const copyingCases: readonly SuiteCase[] = [
  {
    title: 'keeps what was put, though the caller changes it right after the call',
    async run({ storage }) {
      const value = makeValue()
      const putting = create(storage, KEY, value)
      change(value)
      await expectStored(storage, KEY, makeValue(), await putting)
    },
  },
  {
    title: 'keeps what was put, though the caller changes it later',
    async run({ storage }) {
      const value = makeValue()
      await create(storage, KEY, value)
      change(value)
      await expectStored(storage, KEY, makeValue())
    },
  },
  {
    title: 'hands out copies, which anybody may change',
    async run({ storage }) {
      await create(storage, KEY, makeValue())
      change(await readValue(storage))
      await expectStored(storage, KEY, makeValue())
    },
  },
]

interface Value {
  list: { name: string }[]
  inner: { [name: string]: number }
}

function makeValue(): { readonly list: { name: string }[]; readonly inner: { [name: string]: number } } {
  return { list: [{ name: 'x' }], inner: { a: 1 } }
}

function change(value: Value): void {
  for (const item of value.list) item.name = 'changed'
  value.list.push({ name: 'more' })
  value.inner['b'] = 2
  delete value.inner['a']
}

async function readValue(storage: Storage): Promise<Value> {
  const { value } = await read(storage, KEY)
  expectThat(isValue(value), 'the value as it was put', 'another shape')
  return value
}

function isValue(value: unknown): value is Value {
  if (typeof value !== 'object' || value === null || !('list' in value) || !('inner' in value)) return false
  return Array.isArray(value.list) && typeof value.inner === 'object'
}
