import * as fc from 'fast-check'
import { changed, garbage } from './arbitraries.ts'
import { isMadeOf } from './grammar.ts'
import { KNOWN, queryOfCallback, readQuery } from './query.ts'

const ASCII = String.fromCharCode(...Array.from({ length: 128 }).keys())

type Pair = readonly [name: string, value: string]

/** What a right callback carries. */
export interface Expected {
  readonly state: string
  readonly iss: string
  readonly code: string
}

const FORMS: readonly ((query: string) => string)[] = [
  (query) => `http://127.0.0.1/callback?${query}`,
  (query) => `https://app.example.com/callback?page=1#${query}`,
  (query) => `https://app.example.com/callback?error=access_denied#${query}`,
  (query) => `com.example.app:/callback?${query}`,
  (query) => `/callback?${query}`,
  (query) => `?${query}`,
  (query) => `#${query}`,
  (query) => query,
]

/** Callbacks in every form: the right one, nearly right ones, and others. */
export function callbacksNear({ state, iss, code }: Expected): fc.Arbitrary<string> {
  const right: readonly Pair[] = [
    ['state', state],
    ['iss', iss],
    ['code', code],
  ]
  const value = fc.oneof(
    fc.constantFrom('', state, iss, code, `${iss}/`, iss.toUpperCase(), 'access_denied'),
    garbage,
  )
  const name = fc.oneof(fc.constantFrom(...KNOWN, 'State', 'session_state', 'id_token', 'state[]'), garbage)
  const pairs = fc.oneof<fc.MaybeWeightedArbitrary<readonly Pair[]>[]>(
    { arbitrary: fc.constant(right), weight: 4 },
    fc.tuple(name, value, fc.nat(3)).map(([key, text, at]) => right.toSpliced(at, 0, [key, text])),
    fc
      .tuple(fc.nat(2), value)
      .map(([at, text]) => right.map((pair, other) => (other === at ? [pair[0], text] : pair))),
    fc.nat(2).map((at) => right.toSpliced(at, 1)),
    fc.shuffledSubarray([...right], { minLength: 2 }),
  )
  const written = fc
    .tuple(pairs, fc.boolean(), fc.constantFrom(...FORMS))
    .map(([list, isRaw, form]) => form(write(list, isRaw)))
  return fc
    .oneof({ arbitrary: written, weight: 3 }, { arbitrary: changed(written), weight: 2 })
    .filter(isReadAlike)
}

/** Node reads an escape wrongly that stands beside a letter outside ASCII. No browser sends such a callback. */
function isReadAlike(text: string): boolean {
  return URL.canParse(text) || isMadeOf(text, ASCII) || !text.includes('%')
}

/** Each known parameter of a callback, or undefined where one of them stands twice. */
export function parametersIn(text: string): ReadonlyMap<string, string> | undefined {
  const found = new Map<string, string>()
  for (const [name, value] of readQuery(queryOfCallback(text))) {
    if (!KNOWN.includes(name)) continue
    if (found.has(name)) return undefined
    found.set(name, value)
  }
  return found
}

/** Whether a callback is exactly the right one: its code may be spent, and no other's. */
export function isRight(text: string, { state, iss, code }: Expected): boolean {
  const found = parametersIn(text)
  if (!found || found.has('response') || found.get('error')) return false
  return found.get('state') === state && found.get('iss') === iss && found.get('code') === code
}

function write(pairs: readonly Pair[], isRaw: boolean): string {
  const escape = (text: string) => (isRaw ? text : encodeURIComponent(text.toWellFormed()))
  return pairs.map(([name, value]) => `${escape(name)}=${escape(value)}`).join('&')
}
