import type { SessionRecord } from './record.ts'

/** What an account's lookup may change in its record: never the issuer, which is pinned. */
export type AccountPlace = Pick<SessionRecord, 'pds' | 'tokenEndpoint' | 'revocationEndpoint' | 'checkedAt'>
