import { wrongArgument } from '../../errors/wrong-argument.ts'
import type { Clock } from '../../http/clock.ts'
import { type ClientAuthentication, publicClient } from '../client/client-authentication.ts'
import { parseClientKeys } from '../client/client-keys.ts'
import { clientWithKeys } from '../client/client-with-keys.ts'
import { clientWithSigner, type SignAssertion } from '../client/client-with-signer.ts'

/** Who a client is, and what it can show for it. */
export interface ClientCredentials {
  /** The client id: the URL of its metadata, or that of a loopback client. */
  readonly clientId: string
  /** Private JWKs, the preferred one first: a confidential client. */
  readonly keys?: readonly object[] | undefined
  /** Signs elsewhere, instead of `keys`. */
  readonly signAssertion?: SignAssertion | undefined
}

/**
 * How a client shows who it is.
 *
 * @throws TypeError for a key that is none, without showing it, and for `keys` beside `signAssertion`
 */
export function authenticationOf(credentials: ClientCredentials, clock: Clock): ClientAuthentication {
  const { clientId, keys, signAssertion } = credentials
  if (keys && signAssertion) throw wrongArgument('client', 'either `keys` or `signAssertion`', 'both')
  if (keys) return clientWithKeys(clientId, parseClientKeys(keys), { clock, signingAlgorithm: undefined })
  return signAssertion
    ? clientWithSigner(clientId, signAssertion, { clock, keys: undefined })
    : publicClient(clientId)
}
