import { assertOptions, OBJECT } from '../flow/assert-options.ts'
import { type AuthorizationRequest, authorize, type AuthorizeOptions } from '../flow/authorize.ts'
import { type CallbackOptions, finishSignIn } from '../flow/finish-sign-in.ts'
import type { Revocation } from '../flow/request-revocation.ts'
import type { CallbackResult } from '../oauth-client.ts'
import { CLIENT_RULES } from '../oauth-client-options.ts'
import type { CallEngine } from '../session/deployment.ts'
import { findReturning } from '../session/find-returning.ts'
import type { SessionRecord } from '../session/record.ts'
import { signOut, signOutAll } from '../session/sign-out.ts'
import { startSession } from '../session/start-session.ts'
import { Client } from '../xrpc/client.ts'
import type { XrpcClient } from '../xrpc/xrpc-client.ts'
import type { BrowserClientOptions } from './oauth-client.ts'
import { loadComposed } from './load-composed.ts'
import { openDeployment } from './open-deployment.ts'
import type { Tab } from './tab.ts'

/** Signing in and out, as the `OAuthClient` of `atproof` does it. */
export interface Door {
  authorize(identifier: string | XrpcClient, options?: AuthorizeOptions): Promise<AuthorizationRequest>
  callback(response: string | URL | URLSearchParams, options: CallbackOptions): Promise<CallbackResult>
  revoke(sessionId: string): Promise<Revocation>
  revokeAll(did: string): Promise<readonly Revocation[]>
}

/** What only a server can have. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  'keys',
  'signAssertion',
  'jwks',
  'jwksUri',
  'sealKeys',
  'waitUntil',
])
const RULES = {
  ...Object.fromEntries(Object.entries(CLIENT_RULES).filter(([name]) => !ELSEWHERE.has(name))),
  page: OBJECT,
}

/**
 * Opens the door of a page, over the sessions that the page calls with.
 *
 * @throws TypeError for options that cannot work, naming the field
 */
export function openDoor(calls: CallEngine<SessionRecord>, options: BrowserClientOptions, tab: Tab): Door {
  assertOptions('options', options, RULES)
  const deployment = openDeployment(calls, options, tab)
  const { transport, random } = deployment
  return {
    async authorize(identifier, authorizeOptions = {}) {
      const whom = typeof identifier === 'string' ? identifier : findReturning(deployment, identifier)
      return authorize(deployment, whom, authorizeOptions)
    },
    async callback(response, callbackOptions) {
      const signedIn = await finishSignIn(deployment, response, callbackOptions)
      const session = await startSession(deployment, signedIn)
      const client = new Client({ session, clock: transport.clock, random }, loadComposed)
      return { client, state: signedIn.signIn.state }
    },
    async revoke(sessionId) {
      return (await signOut(deployment, sessionId)) ?? { accepted: false, reason: 'there is no such session' }
    },
    revokeAll: (did) => signOutAll(deployment, did),
  }
}
