import type { PlatformKey } from '../../syntax/platform.ts'
import type { Storage, StoredValue } from '../../storage/storage.ts'
import { expectThat } from './expect.ts'
import { create, expectNothing, expectStored, keysOf, read } from './stored.ts'
import type { SuiteCase } from './suite-case.ts'
import { MOST_LEVELS, nested } from './value-cases.ts'

const KEY = 'session/did:plc:alice/1'
const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

class Thing {
  readonly name = 'x'
}

/** What no storage takes, lest it comes back as something else. */
export const refusalCases: readonly SuiteCase[] = [
  {
    title: 'refuses what is no plain JSON with a TypeError, and writes nothing',
    async run({ storage }) {
      const version = await create(storage, KEY, 'good')
      for (const [name, value] of Object.entries(notJson())) {
        for (const [place, whole] of Object.entries({ alone: value, inside: { a: [0, value] } })) {
          await expectRefused(storage, whole, `${name}, ${place}`, version)
        }
      }
      await expectStored(storage, KEY, 'good', version)
    },
  },
  {
    title: 'refuses a cycle, and what is deeper than every engine keeps, with a TypeError',
    async run({ storage }) {
      const version = await create(storage, KEY, 'good')
      const cycle: { self?: unknown } = {}
      cycle.self = cycle
      const list: unknown[] = []
      list.push(list)
      const tooDeep = [nested(MOST_LEVELS + 1, 'lists'), nested(MOST_LEVELS + 1, 'objects'), nested(2000, 'lists')]
      for (const value of [cycle, list]) await expectRefused(storage, value, 'a cycle', version)
      for (const value of tooDeep) await expectRefused(storage, value, `more than ${MOST_LEVELS} levels`, version)
    },
  },
  {
    title: 'keeps a CryptoKey that signs and cannot leave, if it says that it keeps them, or else refuses it',
    async run({ storage }) {
      const { privateKey, publicKey } = await crypto.subtle.generateKey(ECDSA, false, ['sign', 'verify'])
      const value = { dpopKey: { key: privateKey }, alg: 'ES256' }
      if (storage.keepsCryptoKeys !== true) {
        const version = await create(storage, KEY, 'good')
        return expectRefused(storage, value, 'a CryptoKey', version)
      }
      await create(storage, KEY, value)
      const kept = keyIn((await read(storage, KEY)).value)
      expectThat(!kept.extractable, 'a key that cannot be exported', 'one that can')
      const data = new TextEncoder().encode('signed')
      const signature = await crypto.subtle.sign(ECDSA, kept, data)
      const isOurs = await crypto.subtle.verify(ECDSA, publicKey, signature, data)
      expectThat(isOurs, 'the key that was put', 'another one')
    },
  },
]

/** By what they are. Each would be lost, or turned into something else, by JSON or by a structured clone. */
function notJson(): Readonly<Record<string, unknown>> {
  const sparse: unknown[] = [1]
  sparse[2] = 3
  return {
    undefined: undefined,
    'a hole': sparse,
    NaN: Number.NaN,
    Infinity,
    'minus Infinity': -Infinity,
    'a bigint': 1n,
    'a symbol': Symbol('x'),
    'a function': () => 1,
    'a Date': new Date(0),
    'a Map': new Map([['a', 1]]),
    'a Set': new Set([1]),
    'an expression': /x/,
    bytes: Uint8Array.of(1),
    'a buffer': new ArrayBuffer(1),
    'an Error': new Error('x'),
    'a URL': new URL('https://example.com'),
    'an object of a class': new Thing(),
    'a boxed text': Object('x'),
    'a promise': Promise.resolve(1),
  }
}

/** Throws unless a put fails with a TypeError, where nothing stands and over what stands there. */
async function expectRefused(storage: Storage, value: unknown, what: string, version: string): Promise<void> {
  for (const [key, ifVersion] of [['session/new', null] as const, [KEY, version] as const]) {
    const error = await failureOf(storage, key, value, ifVersion)
    expectThat(error instanceof TypeError, `a TypeError for ${what}`, error ? 'another failure' : 'no failure')
  }
  await expectNothing(storage, 'session/new', `for which ${what} was refused`)
  await expectStored(storage, KEY, 'good', version)
  expectThat((await keysOf(storage, '')).length === 1, 'one key in the listing', 'others too')
}

async function failureOf(
  storage: Storage,
  key: string,
  value: unknown,
  ifVersion: string | null,
): Promise<unknown> {
  try {
    // Untyped code may hand over anything.
    await storage.put(key, value as StoredValue, { ifVersion })
    return undefined
  } catch (error) {
    return error ?? 'nothing'
  }
}

function keyIn(value: unknown): PlatformKey {
  const { dpopKey } = Object(value) as { dpopKey?: { key?: unknown } }
  const key = dpopKey?.key
  expectThat(key instanceof CryptoKey, 'a CryptoKey where one was put', typeof key)
  return key
}
