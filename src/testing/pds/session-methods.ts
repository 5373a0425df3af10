import { z } from 'zod'
import type { Account } from '../account.ts'
import { type Accounts, describeStatus, refuseTakenDown } from './accounts.ts'
import { type Methods, procedure, query } from './method.ts'
import type { PasswordSessions } from './password-sessions.ts'
import { invalidRequest, XrpcRefusal } from './xrpc-refusal.ts'

const loginSchema = z.object({
  identifier: z.string(),
  password: z.string(),
  authFactorToken: z.string().optional(),
  allowTakendown: z.boolean().optional(),
})

export interface SessionMethodsOptions {
  /** Of the PDS. */
  readonly origin: string
  readonly accounts: Accounts
  readonly passwords: PasswordSessions
}

/** `com.atproto.server.*Session` */
export function sessionMethods({ origin, accounts, passwords }: SessionMethodsOptions): Methods {
  return {
    'com.atproto.server.createSession': procedure(async (call) => {
      const { identifier, password, allowTakendown = false } = await call.json(loginSchema)
      call.nobody()
      const account = findByName(accounts, identifier.toLowerCase())
      if (!account || account.pds !== origin || account.password !== password) {
        throw new XrpcRefusal(401, 'AuthenticationRequired', 'Invalid identifier or password')
      }
      if (!allowTakendown) refuseTakenDown(account)
      const scope = account.status === 'takendown' ? 'com.atproto.takendown' : 'com.atproto.access'
      return { ...(await passwords.create(account.did, scope)), ...describeAccount(account) }
    }),
    'com.atproto.server.getSession': query(async (call) => {
      const { did, permissions } = await call.account()
      const account = accounts.ofSession(did)
      if (account.status === 'takendown') {
        throw invalidRequest(`Could not find user info for account: ${did}`)
      }
      const { email, emailConfirmed, ...facts } = describeAccount(account)
      return { ...facts, ...(permissions.mayReadEmail && { email, emailConfirmed }) }
    }),
    'com.atproto.server.refreshSession': procedure(async (call) => {
      const { did, jti = '' } = await call.refresher()
      await call.noInput()
      const account = accounts.ofSession(did)
      refuseTakenDown(account)
      return { ...(await passwords.refresh(jti)), ...describeAccount(account) }
    }),
    'com.atproto.server.deleteSession': procedure(async (call) => {
      const { jti = '' } = await call.refresher({ allowExpired: true })
      await call.noInput()
      passwords.revoke(jti)
    }),
  }
}

function findByName(accounts: Accounts, name: string): Account | undefined {
  return name.includes('@') ? accounts.findByEmail(name) : accounts.find(name)
}

function describeAccount(account: Account) {
  const { did, handle, email } = account
  return { did, handle, email, emailConfirmed: false, ...describeStatus(account) }
}
