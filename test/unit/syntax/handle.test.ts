import { expect, test } from 'vitest'
import { IdentityError } from '../../../src/errors.ts'
import { type Handle, isHandle, isResolvable, parseHandle, PLACEHOLDER } from '../../../src/syntax/handle.ts'

const label63 = 'a'.repeat(63)
/** 253 characters: three labels of 63, one of 57, one of three. */
const longest = [label63, label63, label63, 'a'.repeat(57), 'com'].join('.')

test.each([
  'a.co',
  'jay.bsky.social',
  '8.cn',
  'name.t--t',
  'example.t',
  'xn--notarealidn.com',
  'xn--fiqa61au8b7zsevnm8ak20mc4a87e.xn--fiqs8s',
  '2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion',
  'laptop.local',
  'handle.invalid',
  `${label63}.com`,
  longest,
])('[A1] takes %s', (handle) => {
  expect(isHandle(handle)).toBe(true)
  expect(parseHandle(handle)).toBe(handle)
})

test.each([
  '',
  '@',
  'org',
  'jo@hn.test',
  '@@alice.example.com',
  '💩.test',
  'www.masełkowski.pl.com',
  'john..test',
  '.john.test',
  'name.org.',
  'xn--bcher-.tld',
  '-john.test',
  'john.-test',
  'john.0',
  'cn.8',
  '127.0.0.1',
  'jo_hn.test',
  'john.test/path',
  'john.test:443',
  'jo hn.test',
  'john.te\nst',
  `${label63}a.com`,
  `a${longest}`,
])('[A1] refuses %j', (input) => {
  expect(isHandle(input)).toBe(false)
  expect(() => parseHandle(input)).toThrow(
    expect.objectContaining({
      code: 'handle_malformed',
      found: input,
      action: 'check the spelling: a handle is a domain name such as alice.example.com',
    }),
  )
})

test('[A1] refuses a letter that only becomes ASCII by lower case', () => {
  expect(() => parseHandle('\u212Aate.example.com')).toThrow(IdentityError)
})

test('[A2] reads it in lower case, without the @ and the blanks around it', () => {
  expect(parseHandle(' @Alice.Example.COM\n')).toBe('alice.example.com')
})

test('[A2] knows that upper case is not yet what is stored', () => {
  expect(isHandle('Alice.example.com')).toBe(false)
})

const production = { allowLoopback: new Set<string>() }
const development = { allowLoopback: new Set(['http://localhost:2583']) }

test.each(['alt', 'arpa', 'example', 'internal', 'invalid', 'local', 'localhost', 'onion'])(
  '[A3] never resolves .%s, which is well-formed all the same',
  (domain) => {
    const handle = parseHandle(`alice.${domain}`)
    expect(isResolvable(handle, production)).toBe(false)
    expect(isResolvable(handle, development)).toBe(false)
  },
)

test.each<Handle>(['alice.example.com', 'local.test.com', 'onion.dev', 'alice.mylocal', 'alice.protest'])(
  '[A3] resolves %s',
  (handle) => {
    expect(isResolvable(handle, production)).toBe(true)
  },
)

test('[A3] resolves .test in development only', () => {
  expect(isResolvable('alice.test', development)).toBe(true)
  expect(isResolvable('alice.test', production)).toBe(false)
})

test('[A4] never resolves the sentinel handle.invalid', () => {
  expect(isResolvable(PLACEHOLDER, development)).toBe(false)
})
