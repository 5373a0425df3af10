import type { AttemptFacts } from './record-facts.ts'
import type { TimeScale } from './scaled-clock.ts'

/** What the killer has a child do to itself: at the nth time that it passes a kind of point, or any point. */
export interface PlanStep {
  readonly action: 'kill' | 'stop'
  /** Left out: any. */
  readonly kind?: string
  readonly nth: number
  /** How long it stands still, in ms of the scaled time. */
  readonly stopMs?: number
}

/** How often a child's storage fails to write. */
export interface WriteFaults {
  /** How often a write is refused. */
  readonly refused: number
  /** How often a write is done, and nobody hears of it. */
  readonly answerLost: number
  /** How often a spell begins in which every write is refused, and how long such spells are, in scaled ms. */
  readonly spell: number
  readonly spellMs: readonly [number, number]
}

/** Where the sessions are. */
export type EngineAddress =
  | { readonly engine: 'file'; readonly directory: string }
  | { readonly engine: 'redis' | 'postgres'; readonly url: string }

/** All that a child is told when it starts. */
export interface ChildSettings {
  /** Which life of which child: never the same twice in a run. */
  readonly life: number
  readonly time: TimeScale
  readonly storage: EngineAddress
  /** Where the fake network is reached. */
  readonly adapter: string
  readonly seed: number
  readonly plan: readonly PlanStep[]
  /** It leaves its compiled code to those who come after it. */
  readonly warmsUp: boolean
  readonly faults: WriteFaults
  readonly clientKey: object
  /** Who signs in with a password, by DID. */
  readonly passwords: Readonly<Record<string, string>>
  readonly workers: number
  /** Between two orders of a worker, in ms of the machine's time. */
  readonly pauseMs: number
}

/** What a session began with: OAuth, with either client, or a password. */
export type ClientKind = 'public' | 'confidential' | 'password'

/** What a child is asked to do next. */
export type Order =
  | { readonly id: number; readonly op: 'sign-in'; readonly did: string; readonly client: ClientKind }
  | {
      readonly id: number
      readonly op: 'call' | 'refresh' | 'sign-out'
      readonly sessionId: string
      readonly client: ClientKind
    }
  | { readonly id: number; readonly op: 'list'; readonly client: Exclude<ClientKind, 'password'> }
  | { readonly id: number; readonly op: 'wait'; readonly ms: number }

/** What came of a write: `lost` is that somebody was first. */
export type WriteOutcome = 'stored' | 'lost' | 'refused' | 'answer lost' | 'failed'

/** A session's record was written, or was to be. */
export interface WriteLine {
  readonly is: 'wrote'
  readonly sessionId: string
  /** When it began. The line's own time is when it ended. */
  readonly from: number
  readonly outcome: WriteOutcome
  readonly isTombstone: boolean
  readonly gen: number
  readonly token: string | undefined
  readonly status: string
  readonly attempt: AttemptFacts | null
  /** What it was written over, as this process had read it. */
  readonly over: { readonly gen: number; readonly token: string | undefined; readonly isTombstone: boolean } | null
}

/** What a child says of itself, one line each, written before anything else happens. Times are the scaled clock's. */
export type ChildLine = { readonly at: number } & (
  | { readonly is: 'ready' }
  /** The first time that this process passes a kind of point. */
  | { readonly is: 'kind'; readonly kind: string }
  | { readonly is: 'point'; readonly kind: string; readonly step: PlanStep }
  | { readonly is: 'resumed' }
  /** The machine gave the process no time for this long, in scaled ms. */
  | { readonly is: 'stalled'; readonly ms: number }
  /** An answer with new tokens was read to its end. */
  | { readonly is: 'got'; readonly token: string }
  /** A revocation is about to be sent. */
  | { readonly is: 'revokes'; readonly token: string }
  | WriteLine
  | { readonly is: 'event'; readonly type: string; readonly sessionId: string; readonly detail: string }
  | { readonly is: 'done'; readonly order: number; readonly sessionId?: string; readonly detail: string }
  | { readonly is: 'failed'; readonly order: number; readonly error: string; readonly detail: string }
  | { readonly is: 'leak'; readonly where: string }
)
