import { wrongArgument } from '../../errors/wrong-argument.ts'
import { SECOND } from '../../http/clock.ts'
import { isJsonObject } from '../../syntax/shape.ts'
import { assertOption, KEYS, kindOf, wordOf, wrongKind } from '../assert-options.ts'
import { algorithmsFor, keyTypeOf, SIGNING_ALGORITHMS, type SigningAlgorithm } from './client-algorithms.ts'
import { type Fail, keyMembers, PRIVATE_MEMBERS } from './client-key-members.ts'

/** The public half of a client key, as the client's metadata serves it. */
export interface PublicClientKey {
  readonly kty: 'EC' | 'OKP' | 'RSA'
  readonly kid: string
  readonly alg: SigningAlgorithm
  readonly use: 'sig'
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  readonly n?: string
  readonly e?: string
}

/** A private key of a confidential client. Only its public half is ever served. */
export interface ClientKey {
  readonly kid: string
  readonly alg: SigningAlgorithm
  /** From when until when new sessions may be bound to it, in ms since the epoch. */
  readonly activeFrom: number
  readonly activeUntil: number
  readonly publicHalf: PublicClientKey
  /** The key with its private half, and nothing else. */
  readonly jwk: Readonly<Record<string, string>>
}

/**
 * Reads the keys of a confidential client.
 *
 * @throws TypeError that names the field, and never shows a key
 */
export function parseClientKeys(keys: readonly unknown[]): readonly ClientKey[] {
  assertOption('keys', keys, KEYS)
  if (keys.length === 0)
    throw wrongArgument('keys', 'at least one private key, or no `keys` for a public client', keys)
  const parsed = keys.map((key, at) => parseClientKey(key, `keys[${at}]`))
  assertOwnNames('keys', parsed, wrongArgument)
  return parsed
}

/**
 * Reads one private key.
 *
 * @throws TypeError that names the field, and never shows a key
 */
export function parseClientKey(key: unknown, name: string): ClientKey {
  const { members, ...described } = describeKey(key, { name, isPrivate: true, fail: wrongArgument })
  const { nbf, exp } = isJsonObject(key) ? key : {}
  const [activeFrom, activeUntil] = [
    readTime(nbf, `${name}.nbf`, -Infinity),
    readTime(exp, `${name}.exp`, Infinity),
  ]
  if (activeUntil <= activeFrom) throw wrongArgument(`${name}.exp`, `a time after \`nbf\``, exp)
  const { kid, alg } = described
  return { kid, alg, activeFrom, activeUntil, publicHalf: publicHalf(described, members), jwk: members }
}

/**
 * Reads public keys, those of an option or of a document.
 *
 * @param fail makes the error of whoever asked
 * @param defaultAlg the algorithm of a key that neither says nor shows its own
 */
export function parsePublicKeys(
  name: string,
  keys: readonly unknown[],
  fail: Fail,
  defaultAlg?: unknown,
): readonly PublicClientKey[] {
  const parsed = keys.map((key, at) => {
    const jwk =
      isJsonObject(key) && key['alg'] === undefined && key['kty'] === 'RSA' ? { ...key, alg: defaultAlg } : key
    const { members, ...described } = describeKey(jwk, { name: `${name}[${at}]`, isPrivate: false, fail })
    return publicHalf(described, members)
  })
  assertOwnNames(name, parsed, fail)
  return parsed
}

/** Whether a key may be chosen for a new session. */
export function isActive({ activeFrom, activeUntil }: ClientKey, now: number): boolean {
  return activeFrom <= now && now < activeUntil
}

interface Asked {
  readonly name: string
  readonly isPrivate: boolean
  readonly fail: Fail
}

interface DescribedKey {
  readonly kid: string
  readonly alg: SigningAlgorithm
  readonly members: Readonly<Record<string, string>>
}

function describeKey(key: unknown, { name, isPrivate, fail }: Asked): DescribedKey {
  const half = isPrivate ? 'a private JWK' : 'a public JWK'
  if (!isJsonObject(key)) throw fail(name, half, kindOf(key))
  const { kty, crv, kid, use, key_ops: operations } = key
  if (typeof kid !== 'string' || kid === '') throw fail(`${name}.kid`, 'a name for the key', wordOf(kid))
  const isShowing = !isPrivate && PRIVATE_MEMBERS.some((member) => key[member] !== undefined)
  if (isShowing) throw fail(name, 'the public half of a key only', 'a private key')
  const possible = algorithmsFor(kty, crv)
  if (possible.length === 0) {
    const isType = SIGNING_ALGORITHMS.some((alg) => keyTypeOf(alg).kty === kty)
    const field = isType ? 'crv' : 'kty'
    throw fail(`${name}.${field}`, `a key for one of ${SIGNING_ALGORITHMS.join(', ')}`, wordOf(isType ? crv : kty))
  }
  const alg = chooseAlgorithm(key['alg'], kty, possible)
  if (!alg) throw fail(`${name}.alg`, possible.join(' or '), wordOf(key['alg']))
  if (use !== undefined && use !== 'sig') throw fail(`${name}.use`, '"sig", or nothing', wordOf(use))
  const operation = isPrivate ? 'sign' : 'verify'
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes(operation)))
    throw fail(`${name}.key_ops`, `a list with "${operation}", or nothing`, kindOf(operations))
  return { kid, alg, members: keyMembers(key, { name, type: keyTypeOf(alg), isPrivate, fail }) }
}

/** A curve has one algorithm, and says it. An RSA key has many: it has to say which. */
function chooseAlgorithm(
  said: unknown,
  kty: unknown,
  possible: readonly SigningAlgorithm[],
): SigningAlgorithm | undefined {
  if (said === undefined) return kty === 'RSA' ? undefined : possible[0]
  return possible.find((alg) => alg === said)
}

/** Built member by member: what is not named here cannot slip out. */
function publicHalf(
  { kid, alg }: Pick<DescribedKey, 'kid' | 'alg'>,
  { crv, x, y, n, e }: Readonly<Record<string, string>>,
): PublicClientKey {
  const { kty } = keyTypeOf(alg)
  return {
    kty,
    kid,
    alg,
    use: 'sig',
    ...(crv !== undefined && { crv }),
    ...(x !== undefined && { x }),
    ...(y !== undefined && { y }),
    ...(n !== undefined && { n }),
    ...(e !== undefined && { e }),
  }
}

function assertOwnNames(name: string, keys: readonly { readonly kid: string }[], fail: Fail): void {
  const ids = keys.map(({ kid }) => kid)
  const twice = ids.find((kid, at) => ids.indexOf(kid) !== at)
  if (twice !== undefined) throw fail(name, 'a `kid` of its own for each key', twice)
}

function readTime(value: unknown, field: string, missing: number): number {
  if (value === undefined) return missing
  if (typeof value === 'number' && Number.isFinite(value)) return value * SECOND
  throw wrongKind(field, 'a time in seconds since the epoch', value)
}
