import { AuthorizationError } from '../errors/authorization-error.ts'
import { type AuthorizationRequest, authorize, type AuthorizeOptions } from '../flow/authorize.ts'
import { type CallbackOptions, finishSignIn } from '../flow/finish-sign-in.ts'
import type { CallbackResult } from '../oauth-client.ts'
import type { CallEngine, Deployment } from '../session/deployment.ts'
import { findReturning } from '../session/find-returning.ts'
import type { SessionRecord } from '../session/record.ts'
import { startSession } from '../session/start-session.ts'
import { Client } from '../xrpc/client.ts'
import type { XrpcClient } from '../xrpc/xrpc-client.ts'
import type { BrowserClientOptions } from './oauth-client.ts'
import { lateCallParts } from './late-call-parts.ts'
import { loadPart } from './load-part.ts'
import { openDeployment } from './open-deployment.ts'
import type { Tab } from './tab.ts'
import { isUsualClient, isUsualWish, type PageClient, usualClient } from './usual-options.ts'

/** Signing in, as the `OAuthClient` of `atproof` does it. */
export interface Door {
  authorize(identifier: string | XrpcClient, options?: AuthorizeOptions): Promise<AuthorizationRequest>
  callback(response: string | URL | URLSearchParams, options: CallbackOptions): Promise<CallbackResult>
}

/** Why a server can refuse a client, or what it asks for, whose options are wrong. */
const REFUSED_OPTIONS = /^(?:scope|client|request)_refused$/

/** Opens the door of a page, over the sessions that the page calls with. Options are looked at by who signs in. */
export function openDoor(calls: CallEngine<SessionRecord>, options: BrowserClientOptions, tab: Tab): Door {
  let deployment: Deployment | undefined
  const open = (client: PageClient) => (deployment ??= openDeployment(calls, options, tab, client))
  return {
    async authorize(identifier, wishes = {}) {
      const whom = typeof identifier === 'string' ? identifier : findReturning(calls, identifier)
      if (isUsualClient(tab, options) && isUsualWish(wishes)) {
        return explainRefusal(options, wishes, authorize(open(usualClient(tab, options)), whom, wishes))
      }
      const { readAuthorizeOptions, readClient } = await loadPart(import('./explain-options.ts'))
      const client = readClient(options)
      return authorize(open(client), whom, readAuthorizeOptions(client, wishes))
    },
    async callback(response, callbackOptions) {
      if (isUsualClient(tab, options)) {
        return finish(open(usualClient(tab, options)), response, callbackOptions)
      }
      const { readClient } = await loadPart(import('./explain-options.ts'))
      return finish(open(readClient(options)), response, callbackOptions)
    },
  }
}

async function finish(
  deployment: Deployment,
  response: string | URL | URLSearchParams,
  options: CallbackOptions,
): Promise<CallbackResult> {
  const signedIn = await finishSignIn(deployment, response, options)
  const session = await startSession(deployment, signedIn)
  const { transport, random } = deployment
  const client = new Client({ session, clock: transport.clock, random, load: lateCallParts() })
  return { client, state: signedIn.signIn.state }
}

/** Where a server refuses a request for what may be wrong options, these are looked at closely. */
async function explainRefusal<T>(
  options: BrowserClientOptions,
  wishes: AuthorizeOptions,
  step: Promise<T>,
): Promise<T> {
  try {
    return await step
  } catch (error) {
    if (!(error instanceof AuthorizationError) || !REFUSED_OPTIONS.test(error.code)) throw error
    // Where that part cannot be loaded, the refusal is what there is to say.
    const part = await import('./explain-options.ts').catch(() => undefined)
    throw part?.findMistake(options, wishes, error) ?? error
  }
}
