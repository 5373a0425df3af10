import type { Clock } from '../http/clock.ts'
import type { CallEngine } from '../session/deployment.ts'
import type { SessionRecord } from '../session/record.ts'
import type { Page, PageChannel } from './page.ts'
import type { Resumed } from './resumed.ts'

/** What the functions of this room know of a client, beside its methods. */
export interface Tab {
  readonly page: Page
  readonly clock: Clock
  /** Keeps what two apps of one origin leave in the browser apart. */
  readonly clientId: string
  readonly redirectUris: readonly string[]
  /** What the page calls with. */
  readonly calls: CallEngine<SessionRecord>
  /** The account in use, where the browser keeps nothing for the page. */
  current: string | undefined
  /** Who resumes while somebody else does, shares what comes of it: the response is in the address bar once. */
  resuming: Promise<Resumed | undefined> | undefined
  /** Open while somebody listens. */
  channel: PageChannel | undefined
  readonly hearers: Set<(message: unknown) => void>
}
