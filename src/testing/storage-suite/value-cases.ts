import type { Storage, StoredValue } from '../../storage/storage.ts'
import { create, expectStored, replace } from './stored.ts'
import type { SuiteCase } from './suite-case.ts'

const KEY = 'session/did:plc:alice/1'
/** Levels of a value that every engine keeps. */
export const MOST_LEVELS = 32
const LARGE = 64 * 1024

const TEXTS = [
  '',
  ' ',
  'null',
  '"quoted" \\ \\u0041 \\0',
  "it's; drop table sessions --",
  '$1 ${x} %s %% {{x}}',
  'a\u0000b\u0000',
  '\u0000',
  'tab\t line\n return\r\n backspace\b form\f',
  '\u2028 \u2029 \u0085 \ufeff',
  '\ud800',
  '\udfff',
  'a\udc00\ud800b',
  '\ufffe \uffff',
  'e\u0301 \u00e9 \u212b \u00c5',
  '\u{1f469}\u200d\u{1f469}\u200d\u{1f467} \u{10ffff}',
  'שלום مرحبا \u202e',
]

const NAMES = ['__proto__', 'constructor', 'toString', 'toJSON', 'then', 'length', 'get', 'version', 'value']

const NUMBERS = [
  0,
  1,
  -1,
  0.1 + 0.2,
  -1.5e-300,
  5e-324,
  1e21,
  1e308,
  -1e308,
  2 ** 31,
  2 ** 53 - 1,
  2 ** 53 + 2,
  1e-7,
]

/** What comes back as it was given. */
export const valueCases: readonly SuiteCase[] = [
  {
    title: 'keeps null, false, 0, an empty text, an empty list and an empty object',
    run: ({ storage }) => expectKept(storage, [null, false, true, 0, '', [], {}, [[]], [{}], { a: [] }, [null]]),
  },
  {
    title: 'keeps any text: NUL, lone surrogates, line separators, other scripts, what looks like code',
    run: ({ storage }) => expectKept(storage, [...TEXTS, TEXTS, { deep: [{ texts: TEXTS }] }]),
  },
  {
    title: 'keeps any property name: __proto__, those of every object, numbers, odd characters',
    async run({ storage }) {
      const named = [...NAMES, ...TEXTS, '0', '10', '9'].map((name) => [name, { [`${name}.`]: name }])
      await expectKept(storage, [
        Object.fromEntries(named),
        ...NAMES.map((name) => Object.fromEntries([[name, { isAdmin: true }]])),
      ])
    },
  },
  {
    title: 'keeps numbers as JSON has them, from the smallest to the largest',
    run: ({ storage }) => expectKept(storage, [...NUMBERS, NUMBERS, -0]),
  },
  {
    title: `keeps ${MOST_LEVELS} levels of lists and objects`,
    run: ({ storage }) => expectKept(storage, [nested(MOST_LEVELS, 'lists'), nested(MOST_LEVELS, 'objects')]),
  },
  {
    title: 'leaves out a property that is undefined',
    async run({ storage }) {
      const version = await create(storage, KEY, { a: 1, b: undefined, c: { d: undefined } })
      await expectStored(storage, KEY, { a: 1, c: {} }, version)
    },
  },
  {
    title: 'keeps a value of 64 KiB, and of every size about those that programs like',
    async run({ storage }) {
      const sizes = [1, 255, 1023, 4095, 8191, 16_383, 32_767].flatMap((size) => [size, size + 1, size + 2])
      await expectKept(storage, sizes.map(randomText))
      await expectKept(storage, [randomText(LARGE - 2), '\u20ac'.repeat(LARGE / 3 - 2), manyItems()])
    },
  },
]

/** A value of this many levels. */
export function nested(levels: number, of: 'lists' | 'objects'): StoredValue {
  if (levels === 0) return 'end'
  const inner = nested(levels - 1, of)
  return of === 'lists' ? [inner] : { a: inner }
}

/** Puts each value, as the first and over another, and reads it. */
async function expectKept(storage: Storage, values: readonly StoredValue[]): Promise<void> {
  const given = structuredClone(values)
  let version = await create(storage, KEY, 'start')
  for (const [at, value] of values.entries()) {
    const key = `${KEY}/${at}`
    await expectStored(storage, key, given[at] ?? null, await create(storage, key, value))
    version = await replace(storage, KEY, value, version)
    await expectStored(storage, KEY, given[at] ?? null, version)
  }
  for (const [at, value] of given.entries()) {
    await expectStored(storage, `${KEY}/${at}`, value)
    await storage.delete(`${KEY}/${at}`, { ifVersion: (await storage.get(`${KEY}/${at}`))?.version ?? '' })
  }
  await storage.delete(KEY, { ifVersion: version })
}

/** A text that nothing can make shorter, as tokens are. */
export function randomText(length: number): string {
  let text = ''
  while (text.length < length) {
    const bytes = crypto.getRandomValues(new Uint8Array(Math.min(length - text.length, 4096)))
    text += Array.from(bytes, (byte) => String.fromCharCode(48 + (byte % 64))).join('')
  }
  return text
}

/** 64 KiB of small things. */
function manyItems(): StoredValue {
  return Array.from({ length: LARGE / 16 }, (_, at) => ({ at, a: [at % 2 === 0] })).slice(0, LARGE / 28)
}
