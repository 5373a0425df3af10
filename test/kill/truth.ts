import type { ClientKind } from './messages.ts'
import type { AttemptFacts, RecordFacts } from './record-facts.ts'
import type { Life } from './life.ts'

/** What became of the answer to a request, as the adapter saw it. */
export type Fate = 'under way' | 'delivered' | 'dropped before' | 'dropped after' | 'cut off' | 'too late'

/** A request for tokens, or to revoke one. */
export interface TokenRequest {
  readonly life: Life
  readonly path: string
  /** The token that was sent, by name. */
  readonly sent: string
  readonly arrivedAt: number
  /** When its client assertion was dated, where it had one. */
  readonly assertedAt: number | undefined
  actedAt: number
  /** When its fate was known. */
  settledAt: number
  status: number
  error: string
  fate: Fate
}

/** A refresh token that the server issued. */
export interface IssuedToken {
  readonly name: string
  /** What the server knows it by: that of a password may be issued again under the same one. */
  readonly serverId: string
  readonly request: TokenRequest
  /** When it was first known to stand in the storage. */
  storedAt: number | undefined
  /** When its receiver had read it to the end. */
  gotAt: number | undefined
  /** How often its receiver was told that it could not be stored. */
  failedWrites: number
  /** When its receiver last tried to store it. */
  triedAt: number | undefined
}

/** An attempt that was written into the record. */
export interface WrittenAttempt extends AttemptFacts {
  readonly life: Life
  /** When its writing began and ended. */
  readonly from: number
  readonly to: number
}

/** Where a session is in its life, as its person sees it. */
export type Standing = 'begun' | 'live' | 'signed out' | 'expired' | 'lost' | 'cut off'

/** All that is known of one session: what the server did, what was stored, and what its person wanted. */
export interface Truth {
  readonly number: number
  readonly did: string
  readonly client: ClientKind
  /** Whether the server has ended it. */
  readonly server: { readonly deleted: boolean }
  readonly createdAt: number
  /** Oldest first. */
  readonly tokens: IssuedToken[]
  readonly attempts: WrittenAttempt[]
  /** The request that made the server end it. */
  ender: TokenRequest | undefined
  readonly revocations: TokenRequest[]
  /** How often children began to send one. */
  revokes: number
  sessionId: string | undefined
  standing: Standing
  /** The highest place of a token that was seen in the storage. */
  storedPlace: number
  /** The newest that the storage was seen to hold. */
  seen: RecordFacts | undefined
  /** Whether a child that signed it in came to the end of it. */
  isSignedIn: boolean
  /** Somebody is at signing it out, and how often that was begun. */
  wantsOut: boolean
  signOuts: number
  hasTombstone: boolean
  /** When that was first known to stand. */
  signedOutAt: number | undefined
  trace: string[]
}

/** The newest token of a session: what a server issues once more, under an id that it gave before, is no newer. */
export function newestOf({ tokens }: Pick<Truth, 'tokens'>): IssuedToken | undefined {
  const [newestId] = [...new Set(tokens.map(({ serverId }) => serverId))].slice(-1)
  return tokens.findLast(({ serverId }) => serverId === newestId)
}
