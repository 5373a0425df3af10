import { calculateThumbprint } from '../../dpop/thumbprint.ts'
import { AuthorizationError } from '../../errors/authorization-error.ts'
import type { Clock } from '../../http/clock.ts'
import type { PlatformKey } from '../../syntax/platform.ts'
import { signAssertionWith } from './client-assertion.ts'
import type { ClientAuth } from './client-auth.ts'
import {
  assertionParameters,
  type AssertionFacts,
  type ChoiceFacts,
  type ClientAuthentication,
  type Lack,
  lackError,
  lackOfKey,
  lackOfPublicClient,
} from './client-authentication.ts'
import { importClientKey } from './client-key-import.ts'
import { type ClientKey, isActive } from './client-keys.ts'

/** What a confidential client needs beside its keys. */
export interface ClientWithKeysOptions {
  readonly clock: Pick<Clock, 'now'>
  /** The one algorithm that the client's metadata names. */
  readonly signingAlgorithm: string | undefined
}

/**
 * A confidential client: it signs an assertion with the very key that the session is pinned to.
 *
 * @see RFC 7523 §3
 */
export function clientWithKeys(
  clientId: string,
  keys: readonly ClientKey[],
  { clock, signingAlgorithm }: ClientWithKeysOptions,
): ClientAuthentication {
  const imported = new Map<ClientKey, Promise<PlatformKey>>()
  return {
    prepare: () => import('jose'),
    choose,
    findLack,
    parametersFor,
  }

  /**
   * The first active key whose algorithm the server verifies. Those of the algorithm that the metadata names come
   * first: a server may hold the client to it.
   */
  async function choose({ audience, algorithms }: ChoiceFacts): Promise<ClientAuth> {
    const now = clock.now()
    const usable = keys.filter((key) => isActive(key, now) && algorithms.includes(key.alg))
    const key = usable.find(({ alg }) => alg === signingAlgorithm) ?? usable[0]
    if (!key) {
      throw new AuthorizationError('client_key_missing', {
        url: audience,
        field: 'keys',
        expected: `an active key for ${algorithms.join(', ')}`,
        found: keys.map((each) => describe(each, now)).join(', '),
      })
    }
    // A key that does not work is met before anything is sent.
    await privateKeyOf(key)
    const { kid, alg, publicHalf } = key
    return { method: 'private_key_jwt', clientId, kid, alg, jkt: await calculateThumbprint(publicHalf) }
  }

  async function findLack(auth: ClientAuth): Promise<Lack | undefined> {
    if (auth.method === 'none') return lackOfPublicClient('keys')
    const key = keys.find(({ kid }) => kid === auth.kid)
    if (!key) return lackOfKey(auth)
    if (key.alg !== auth.alg) return lackOfKey(auth, `a key ${key.kid} for ${key.alg}`)
    const jkt = await calculateThumbprint(key.publicHalf)
    return jkt === auth.jkt ? undefined : lackOfKey(auth, `another key ${key.kid}, with the thumbprint ${jkt}`)
  }

  async function parametersFor(
    auth: ClientAuth,
    { audience, id, now }: AssertionFacts,
  ): Promise<Readonly<Record<string, string>>> {
    const lack = await findLack(auth)
    const key = auth.method === 'none' ? undefined : keys.find(({ kid }) => kid === auth.kid)
    if (lack || !key) throw lackError(lack ?? lackOfPublicClient('keys'))
    const { clientId: issuer } = auth
    const claims = { clientId: issuer, audience, id, now }
    return assertionParameters(issuer, await signAssertionWith(await privateKeyOf(key), key, claims))
  }

  function privateKeyOf(key: ClientKey): Promise<PlatformKey> {
    const known = imported.get(key)
    if (known) return known
    const importing = importClientKey(key).catch((error: unknown) => {
      // What failed may work later: the network can fail a chunk, a platform can be short of something.
      imported.delete(key)
      throw error
    })
    imported.set(key, importing)
    return importing
  }
}

function describe(key: ClientKey, now: number): string {
  const { kid, alg, activeFrom } = key
  if (isActive(key, now)) return `${kid} (${alg})`
  return `${kid} (${alg}, ${now < activeFrom ? 'not yet active' : 'no longer active'})`
}
