import { expect, test } from 'vitest'
import { isNsid, nsid } from '../../../src/syntax/nsid.ts'

const label63 = 'a'.repeat(63)
/** 317 characters: an authority of 253 and a name of 63. */
const longest = ['com', label63, label63, label63, 'a'.repeat(57), label63].join('.')

test.each([
  'com.example.fooBar',
  'net.users.bob.ping',
  'a-0.b-1.c',
  'a.b.c',
  'cn.8.lex.stuff',
  'com.example.name3',
  'COM.Example.thing',
  'onion.2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.lex.deleteThing',
  longest,
])('[K13] takes %s', (name) => {
  expect(isNsid(name)).toBe(true)
  expect(nsid(name)).toBe(name)
})

test.each([
  '',
  'com',
  'com.example',
  'com.exa💩ple.thing',
  'com.example.foo.*',
  'com.example.foo-bar',
  'com.example.foo_bar',
  'com.example.3thing',
  '3com.example.thing',
  '.one.two.three',
  'one.two.three.',
  'one.two.three ',
  'one.two.three\n',
  'one.two..three',
  'com.-example.foo',
  'com.example-.foo',
  'com.example.foo#main',
  'com.example.foo?a=b',
  'com.example/../foo',
  `com.${label63}a.foo`,
  `com.example.${label63}a`,
  `c${longest}`,
])('[K13] refuses %j', (name) => {
  expect(isNsid(name)).toBe(false)
  expect(() => nsid(name)).toThrow(TypeError)
})
