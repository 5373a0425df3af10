// Compiled, not run: what fits the options of a client, and by @ts-expect-error what must not.
import { type ClientMetadata, OAuthClient, type OAuthClientOptions, type SignAssertion } from 'atproof'
import {
  type AssertionRequest,
  type ClientAssertionOptions,
  type ClientCredentials,
  type ClientFacts,
  createClientAssertion,
  createClientMetadata,
  generateClientKey,
  type GenerateClientKeyOptions,
  type PrivateClientKey,
} from 'atproof/flow'
import type { JWK } from 'jose'
import type { ClientOptions } from '../../src/flow/client/client-options.ts'

declare const oauth: OAuthClient
declare const jose: JWK
declare const webCrypto: JsonWebKey
declare const generated: PrivateClientKey
declare const metadata: ClientMetadata
/** As configuration and an environment have it: there, or not. */
declare const text: string | undefined

const redirectUri = 'https://app.example.com/callback'
const clientId = 'https://app.example.com/client-metadata.json'

function build(options: OAuthClientOptions): OAuthClient {
  return new OAuthClient(options)
}

export async function keys(signAssertion: SignAssertion): Promise<void> {
  const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])
  const exported = { ...(await crypto.subtle.exportKey('jwk', privateKey)), kid: 'k1' }
  const lists = [
    [jose],
    [webCrypto],
    [exported],
    [generated],
    [await generateClientKey()],
    oauth.jwks.keys,
  ] as const
  for (const each of lists) {
    build({ clientId, redirectUri, keys: each })
    build({ clientId, redirectUri, signAssertion, jwks: { keys: each } })
    createClientMetadata({ clientId, redirectUris: [redirectUri], scope: 'atproto', keys: each })
    await OAuthClient.load(clientId, { keys: each })
    const credentials: ClientCredentials = { clientId, keys: each }
    void credentials
  }
  build({ clientId, redirectUri, signAssertion, jwks: oauth.jwks })
  build({ clientId, redirectUri, signAssertion, jwks: metadata.jwks })
  build({ clientId, redirectUri, keys: [jose, webCrypto, generated, exported] })
  for (const key of [jose, webCrypto, generated, exported]) {
    await createClientAssertion(key, { clientId, audience: 'https://as.example.com' })
  }
  // @ts-expect-error a text that holds them
  build({ clientId, redirectUri, keys: '[]' })
  // @ts-expect-error texts that hold one each
  build({ clientId, redirectUri, keys: ['{}'] })
  // @ts-expect-error one key is no list of them
  build({ clientId, redirectUri, keys: jose })
  // @ts-expect-error a list is no key set
  build({ clientId, redirectUri, signAssertion, jwks: oauth.jwks.keys })
  // @ts-expect-error a text that holds a key
  await createClientAssertion('{}', { clientId, audience: 'https://as.example.com' })
}

/** The options that may be left out, but not be undefined: there are to be none. */
type Strict<Options> = {
  [Name in keyof Options]-?: Record<never, never> extends Pick<Options, Name>
    ? Record<Name, undefined> extends Pick<Options, Name>
      ? never
      : Name
    : never
}[keyof Options]

/** Compiles only where no option of a type refuses undefined. */
type AllTakeUndefined<Options> = [Strict<Options>] extends [never] ? true : Strict<Options>

export const options: AllTakeUndefined<ClientOptions> = true
export const credentials: AllTakeUndefined<ClientCredentials> = true
export const facts: AllTakeUndefined<ClientFacts> = true
export const assertion: AllTakeUndefined<ClientAssertionOptions> = true
export const asked: AllTakeUndefined<AssertionRequest> = true
export const generation: AllTakeUndefined<GenerateClientKeyOptions> = true
// @ts-expect-error this one refuses it
export const refuses: AllTakeUndefined<{ readonly one?: string }> = true

export async function undefinedOptions(request: AssertionRequest, signal?: AbortSignal): Promise<void> {
  build({ clientId: text, redirectUri: text, keys: undefined, scope: text, clientName: text })
  await OAuthClient.load(clientId, { keys: undefined, scope: text, signal })
  // A backend signs what it is asked for, as it is asked.
  await createClientAssertion(jose, request)
  await createClientAssertion(jose, { ...request, id: text, now: undefined, dpopJkt: text })
  await generateClientKey({ kid: text })
  // @ts-expect-error a client has an id
  await createClientAssertion(jose, { audience: 'https://as.example.com' })
  // @ts-expect-error nobody is no audience
  await createClientAssertion(jose, { clientId, audience: text })
}
