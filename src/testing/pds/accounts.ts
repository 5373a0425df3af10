import type { Account } from '../account.ts'
import type { Directory } from '../directory.ts'
import { invalidRequest, XrpcRefusal } from './xrpc-refusal.ts'

/** What a server says of an account beside its name. */
export interface StatusFacts {
  readonly active: boolean
  readonly status?: string
}

/** The accounts as their PDS sees them. Every PDS of a network knows all of them, also those that moved away. */
export class Accounts {
  readonly #directory: Directory

  constructor(directory: Directory) {
    this.#directory = directory
  }

  /** By DID or handle, exactly. */
  find(identifier: string): Account | undefined {
    const { accounts } = this.#directory
    return accounts.get(identifier) ?? [...accounts.values()].find(({ handle }) => handle === identifier)
  }

  findByEmail(email: string): Account | undefined {
    return [...this.#directory.accounts.values()].find((account) => account.email === email)
  }

  /** One that others may see. */
  findActive(identifier: string): Account | undefined {
    const account = this.find(identifier)
    return account?.status === 'active' ? account : undefined
  }

  /** The account whose repository is written to: the caller's own. @throws XrpcRefusal 401, 403 */
  own(identifier: string, caller: { readonly did: string }): Account {
    const account = this.find(identifier)
    if (!account) throw new XrpcRefusal(403, 'AccountNotFound', 'Account not found')
    refuseTakenDown(account)
    if (account.status === 'deactivated') {
      throw new XrpcRefusal(401, 'AccountDeactivated', 'Account is deactivated')
    }
    if (account.did === caller.did) return account
    throw new XrpcRefusal(401, 'AuthenticationRequired', 'Authentication Required')
  }

  /** The account whose repository is read as a whole. @throws XrpcRefusal RepoNotFound, RepoTakendown, RepoDeactivated */
  available(identifier: string, caller?: { readonly did: string }): Account {
    const account = this.find(identifier)
    if (!account) throw new XrpcRefusal(400, 'RepoNotFound', `Could not find repo for DID: ${identifier}`)
    if (account.status === 'active' || account.did === caller?.did) return account
    const error = account.status === 'takendown' ? 'RepoTakendown' : 'RepoDeactivated'
    throw new XrpcRefusal(400, error, `Repo has been ${account.status}: ${identifier}`)
  }

  /** The account of a session that the server knows. @throws XrpcRefusal InvalidRequest */
  ofSession(did: string): Account {
    const account = this.#directory.accounts.get(did)
    if (account) return account
    throw invalidRequest(`Could not find user info for account: ${did}`)
  }

  /** The DID that a handle elsewhere is proved to lead to. */
  resolveHandle(handle: string): string | undefined {
    const records = this.#directory.txt.get(`_atproto.${handle}`)?.map((chunks) => chunks.join('')) ?? []
    const [proved, ...others] = records.filter((text) => text.startsWith('did='))
    // Two answers are none: the handle's own host is asked then.
    return others.length === 0 && proved !== undefined
      ? proved.slice('did='.length)
      : this.#directory.wellKnown.get(handle)
  }
}

/** @throws XrpcRefusal 401, AccountTakedown */
export function refuseTakenDown(account: Account): void {
  if (account.status !== 'takendown') return
  throw new XrpcRefusal(401, 'AccountTakedown', 'Account has been taken down')
}

export function describeStatus({ status }: Account): StatusFacts {
  return status === 'active' ? { active: true } : { active: false, status }
}
