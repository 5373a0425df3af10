import { z } from 'zod'
import type { SigningKeys } from '../signing-keys.ts'
import type { Accounts } from './accounts.ts'
import { handle, integer, nsid } from './lexicon-values.ts'
import { type Methods, procedure, query } from './method.ts'
import { signServiceToken } from './service-token.ts'
import { invalidRequest, invalidToken, XrpcRefusal } from './xrpc-refusal.ts'

/** What a blob may have, in bytes. */
export const BLOB_UPLOAD_LIMIT = 5_242_880
/** Handles that an account gets from its server. */
const USER_DOMAIN = '.test'
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const SERVICE_AUDIENCE = /^did:(?:plc:[a-z2-7]{24}|web:[a-zA-Z0-9.%:-]+)(?:#[\w.~-]+)?$/

/** Methods that no other service may be asked for in the account's name. */
export const PROTECTED_METHODS: ReadonlySet<string> = new Set([
  'com.atproto.admin.sendEmail',
  'com.atproto.identity.requestPlcOperationSignature',
  'com.atproto.identity.signPlcOperation',
  'com.atproto.identity.updateHandle',
  'com.atproto.server.activateAccount',
  'com.atproto.server.confirmEmail',
  'com.atproto.server.createAppPassword',
  'com.atproto.server.deactivateAccount',
  'com.atproto.server.getAccountInviteCodes',
  'com.atproto.server.getSession',
  'com.atproto.server.listAppPasswords',
  'com.atproto.server.requestAccountDelete',
  'com.atproto.server.requestEmailConfirmation',
  'com.atproto.server.requestEmailUpdate',
  'com.atproto.server.revokeAppPassword',
  'com.atproto.server.updateEmail',
])

const serviceAuthParams = z.object({ aud: z.string(), exp: integer().optional(), lxm: nsid.optional() })
const handleParams = z.object({ handle })
const deactivateInput = z.object({ deleteAfter: z.string().optional() })

export interface ServerMethodsOptions {
  /** The DID of the PDS. */
  readonly did: string
  /** Its clock, in ms since the epoch. */
  readonly now: () => number
  readonly accounts: Accounts
  readonly keys: SigningKeys
}

/** The rest of `com.atproto.server.*`, and `com.atproto.identity.*` */
export function serverMethods({ did, now, accounts, keys }: ServerMethodsOptions): Methods {
  return {
    'com.atproto.server.describeServer': query((call) => {
      call.nobody()
      return {
        did,
        availableUserDomains: [USER_DOMAIN],
        inviteCodeRequired: false,
        blobUploadLimit: BLOB_UPLOAD_LIMIT,
        links: {},
        contact: {},
      }
    }),
    'com.atproto.server.getServiceAuth': query(async (call) => {
      const { aud, exp, lxm } = call.params(serviceAuthParams)
      const caller = await call.account({ allowsTakenDown: true })
      caller.permissions.requireRpc(lxm ?? '*', aud)
      if (!SERVICE_AUDIENCE.test(aud)) {
        throw invalidRequest('aud must be a valid atproto DID or did#serviceId reference')
      }
      if (caller.isTakenDown) throw refuseTakenDownToken(lxm)
      if (exp) checkExpiration(exp * 1000 - now(), lxm)
      if (lxm !== undefined && PROTECTED_METHODS.has(lxm)) {
        const what = 'cannot request a service auth token for the following protected method'
        throw invalidRequest(`${what}: ${lxm}`)
      }
      const key = await keys.of(caller.did)
      return { token: await signServiceToken(key, now(), { iss: caller.did, aud, lxm, exp }) }
    }),
    'com.atproto.server.deactivateAccount': procedure(async (call) => {
      const caller = await call.account({ allowsTakenDown: true })
      caller.permissions.requireAccount('status', 'manage')
      await call.json(deactivateInput)
      accounts.ofSession(caller.did).deactivate()
    }),
    'com.atproto.server.activateAccount': procedure(async (call) => {
      const caller = await call.account()
      if (!caller.permissions.isFull) {
        const message = 'Account reactivation is not available with OAuth credentials. '
        const action = 'Sign in to your account management page to reactivate.'
        throw new XrpcRefusal(403, 'Forbidden', message + action)
      }
      await call.noInput()
      accounts.ofSession(caller.did).activate()
    }),
    'com.atproto.identity.resolveHandle': query((call) => {
      const name = call.params(handleParams).handle.toLowerCase()
      call.nobody()
      const account = accounts.findActive(name)
      if (account) return { did: account.did }
      if (name.endsWith(USER_DOMAIN)) throw new XrpcRefusal(400, 'HandleNotFound', 'Unable to resolve handle')
      const resolved = accounts.resolveHandle(name)
      if (resolved === undefined) throw invalidRequest('Unable to resolve handle')
      return { did: resolved }
    }),
  }
}

/** The reference server means to let such an account move away, and does not. */
function refuseTakenDownToken(lxm: string | undefined): XrpcRefusal {
  if (lxm !== 'com.atproto.server.createAccount') return invalidToken('Bad token scope')
  return invalidRequest(`insufficient access to request a service auth token for the following method: ${lxm}`)
}

function checkExpiration(inMs: number, lxm: string | undefined): void {
  const fault = findExpirationFault(inMs, lxm)
  if (fault !== undefined) throw new XrpcRefusal(400, 'BadExpiration', fault)
}

function findExpirationFault(inMs: number, lxm: string | undefined): string | undefined {
  const cannot = 'cannot request a'
  if (inMs < 0) return 'expiration is in past'
  if (inMs > HOUR_MS) return `${cannot} token with an expiration more than an hour in the future`
  if (lxm !== undefined || inMs <= MINUTE_MS) return undefined
  return `${cannot} method-less token with an expiration more than a minute in the future`
}
