import { AuthorizationError } from '../../errors/authorization-error.ts'
import type { ClientAuth, KeyAuth } from './client-auth.ts'

/** The field of a request that says what kind of assertion it carries (RFC 7523 §2.2). */
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** What a new session is made for. */
export interface ChoiceFacts {
  /** The issuer, not the endpoint. */
  readonly audience: string
  /** The thumbprint of the session's DPoP key. */
  readonly dpopJkt: string
  /** What the server verifies: `token_endpoint_auth_signing_alg_values_supported`. */
  readonly algorithms: readonly string[]
  readonly signal?: AbortSignal | undefined
}

/** What an assertion is made for. */
export interface AssertionFacts {
  /** The issuer, not the endpoint. */
  readonly audience: string
  /** The thumbprint of the session's DPoP key. */
  readonly dpopJkt: string
  /** A unique `jti`. */
  readonly id: string
  /** The time in ms since the epoch as the server's clock has it. */
  readonly now: number
  readonly signal?: AbortSignal | undefined
}

/** What a deployment lacks to act for a session: an error of the deployment, never of the session. */
export interface Lack {
  readonly field: string
  readonly expected: string
  readonly found?: string | undefined
  readonly action: string
}

/** How a client shows who it is. */
export interface ClientAuthentication {
  /** Loads what signing takes, so that no time limit runs meanwhile. */
  prepare(): Promise<unknown>
  /**
   * What a new session is to be pinned to.
   *
   * @throws AuthorizationError `client_key_missing`, `client_key_unusable`, `signer_failed`, `assertion_invalid`
   */
  choose(facts: ChoiceFacts): Promise<ClientAuth>
  /** What is missing here to act for a session that is pinned so. */
  findLack(auth: ClientAuth): Promise<Lack | undefined>
  /**
   * The form fields that authenticate one sending of a request.
   *
   * @throws AuthorizationError `client_key_missing`, `client_key_unusable`, `signer_failed`, `assertion_invalid`:
   *   nothing was sent
   */
  parametersFor(auth: ClientAuth, facts: AssertionFacts): Promise<Readonly<Record<string, string>>>
}

/** A public client: it shows nothing but its client id. */
export function publicClient(clientId: string): ClientAuthentication {
  return {
    prepare: async () => {},
    choose: async () => ({ method: 'none', clientId }),
    findLack: async (auth) => (auth.method === 'none' ? undefined : lackOfKey(auth)),
    parametersFor: async (auth) => ({ client_id: auth.clientId }),
  }
}

/** A way that is loaded once it is first gone. */
export function openLater(open: () => Promise<ClientAuthentication>): ClientAuthentication {
  let opened: Promise<ClientAuthentication> | undefined
  // A door that does not open may open later: the network can fail a chunk.
  const enter = () =>
    (opened ??= open().catch((error: unknown) => {
      opened = undefined
      throw error
    }))
  return {
    prepare: async () => (await enter()).prepare(),
    choose: async (facts) => (await enter()).choose(facts),
    findLack: async (auth) => (await enter()).findLack(auth),
    parametersFor: async (auth, facts) => (await enter()).parametersFor(auth, facts),
  }
}

/** The form fields of a confidential client. */
export function assertionParameters(clientId: string, assertion: string): Readonly<Record<string, string>> {
  return { client_id: clientId, client_assertion_type: ASSERTION_TYPE, client_assertion: assertion }
}

/** The lack of a confidential client that meets a public client's session, by the option that makes it confidential. */
export function lackOfPublicClient(option: 'keys' | 'signAssertion'): Lack {
  return {
    field: option,
    expected: 'none: the session belongs to a public client',
    action: `restore this session with a client that has no \`${option}\``,
  }
}

/** The lack of the key that a session is pinned to. */
export function lackOfKey({ kid, alg, jkt }: KeyAuth, found?: string): Lack {
  return {
    field: 'keys',
    expected: `the ${alg} key ${kid} with the thumbprint ${jkt}`,
    found,
    action: `add the key ${kid} back to \`keys\``,
  }
}

/** A lack, where a request was about to be signed all the same. */
export function lackError(lack: Lack): AuthorizationError {
  return new AuthorizationError('client_key_missing', lack)
}
