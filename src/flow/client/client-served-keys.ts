import type { Fail } from './client-key-members.ts'
import type { ClientKey, PublicClientKey } from './client-keys.ts'

/**
 * Sees that a served key set has the public half of each of our keys: what it lacks, no server can verify.
 *
 * @throws what `fail` makes of the first key that is missing, naming its `kid`
 */
export function assertServed(
  keys: readonly ClientKey[],
  served: readonly PublicClientKey[],
  name: string,
  fail: Fail,
): void {
  for (const { kid, alg, publicHalf } of keys) {
    const expected = `the public half of the ${alg} key ${kid}`
    const key = served.find((each) => each.kid === kid)
    if (!key) throw fail(name, expected, `no key ${kid}`)
    if (key.alg !== alg) throw fail(name, expected, `a key ${kid} for ${key.alg}`)
    if (!isSameKey(key, publicHalf)) throw fail(name, expected, `another key ${kid}`)
  }
}

function isSameKey(one: PublicClientKey, other: PublicClientKey): boolean {
  return (['kty', 'crv', 'x', 'y', 'n', 'e'] as const).every((member) => one[member] === other[member])
}
