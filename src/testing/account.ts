import type { ApproveOptions, Consent, DenyOptions } from './authorization-server/consent.ts'
import type { ServerSession } from './authorization-server/server-sessions.ts'

/** What an account asks of the network that it is on. */
export interface AccountPowers {
  consentAt(url: URL): Consent
  sessionsOf(did: string): readonly ServerSession[]
  revokeSessions(did: string): void
  expireAccessTokens(did: string): void
  takeDown(did: string): void
  move(account: Account, pds: string): void
  /** The handle as it is written from then on. */
  rename(account: Account, handle: string): string
}

/** Whether an account may be used: on its own server, and by whoever looks at it. */
export type AccountStatus = 'active' | 'takendown' | 'deactivated'

/** A person with an account: what they do at the consent page, and what happens to them. */
export class Account {
  readonly did: string
  readonly email: string
  readonly #powers: AccountPowers
  readonly #password: string
  #handle: string
  #pds: string
  #status: AccountStatus = 'active'

  /** @internal Made by `createAccount` of the network. */
  constructor(facts: Pick<Account, 'did' | 'handle' | 'password' | 'email' | 'pds'>, powers: AccountPowers) {
    this.did = facts.did
    this.#password = facts.password
    this.email = facts.email
    this.#handle = facts.handle
    this.#pds = facts.pds
    this.#powers = powers
  }

  /** For `com.atproto.server.createSession`. */
  get password(): string {
    return this.#password
  }

  get handle(): string {
    return this.#handle
  }

  /** The origin of its server. */
  get pds(): string {
    return this.#pds
  }

  get status(): AccountStatus {
    return this.#status
  }

  /**
   * Opens the URL that `authorize` gave, signs in and consents.
   *
   * @returns the URL that the browser is sent to, for `callback`. It brings an error where the request has expired, or
   *   was consented to before, which also ends the first code
   * @throws Error where the page would show an error instead: it is not a request of this server, or the account is
   *   taken down
   */
  approve(url: string | URL, options: ApproveOptions = {}): string {
    return this.#powers.consentAt(new URL(url)).approve(url, this, options)
  }

  /**
   * Opens the URL that `authorize` gave, and refuses.
   *
   * @returns the URL that the browser is sent to, for `callback`
   * @throws Error as `approve` does
   */
  deny(url: string | URL, options: DenyOptions = {}): string {
    return this.#powers.consentAt(new URL(url)).deny(url, options)
  }

  /** Its newest OAuth session as the server sees it; it stays current. @throws Error where there never was one */
  get session(): ServerSession {
    const session = this.sessions.at(-1)
    if (!session) throw new Error(`no session of ${this.did}`)
    return session
  }

  /** Its OAuth sessions, oldest first, those that have ended too. */
  get sessions(): readonly ServerSession[] {
    return this.#powers.sessionsOf(this.did)
  }

  /** Ends all its sessions, as it may itself on its server's page: refresh tokens are refused from then on. */
  revokeSessions(): void {
    this.#powers.revokeSessions(this.did)
  }

  /**
   * The server forgets its access tokens: the next use is a 401. Its sessions live on. Since such a 401 may come from an
   * outage, the client asks again after a second of the clock before it refreshes.
   */
  expireAccessTokens(): void {
    this.#powers.expireAccessTokens(this.did)
  }

  /** The server takes it down: nobody gets anything from it, itself included. Its sessions end for good. */
  takeDown(): void {
    this.#powers.takeDown(this.did)
    this.#status = 'takendown'
  }

  /** It deactivates itself, as when it leaves. */
  deactivate(): void {
    this.#status = 'deactivated'
  }

  /** Ends what `takeDown` or `deactivate` began. Sessions that have ended stay so. */
  activate(): void {
    this.#status = 'active'
  }

  /**
   * Moves to another server of the network, its records along. Its DID document says so at once. The old server keeps
   * taking its old tokens, as the reference server does, and what it is told then shows at the new one.
   *
   * @param pds an origin that `addPds` was given
   * @throws TypeError for any other
   */
  moveTo(pds: string): void {
    this.#powers.move(this, pds)
    this.#pds = pds
  }

  /**
   * Takes another handle, which is proved as the old one was; the old one leads nowhere from then on.
   *
   * @throws IdentityError `handle_malformed`; TypeError for a handle that somebody has
   */
  rename(handle: string): void {
    this.#handle = this.#powers.rename(this, handle)
  }

  /** What a log may show. */
  toJSON(): object {
    return { did: this.did, handle: this.#handle, pds: this.#pds, status: this.#status }
  }
}
