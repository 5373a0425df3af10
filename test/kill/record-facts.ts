import { createHash } from 'node:crypto'

/** The note in a record that a refresh may be on its way. */
export interface AttemptFacts {
  readonly id: string
  readonly before: string | null
  readonly dead: boolean
}

/** What of a stored session matters to whoever watches it. Holds no secret. */
export interface RecordFacts {
  readonly isTombstone: boolean
  /** Whether a sign-out still owes the server a token. */
  readonly owes: boolean
  readonly gen: number
  /** Names its refresh token, or the one that a tombstone owes. */
  readonly token: string | undefined
  readonly status: string
  readonly reason: string | undefined
  readonly endsAt: number | undefined
  readonly attempt: AttemptFacts | null
}

/** Names a token without telling it. */
export function nameToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url').slice(0, 16)
}

/** Reads what stands under a session's key, by its wire names alone: nothing of the library that is under test. */
export function readFacts(value: unknown): RecordFacts {
  const record = membersOf(value)
  const owes = membersOf(record['owes'])
  const isTombstone = record['signedOut'] === true
  const refreshToken = isTombstone ? owes['refreshToken'] : membersOf(record['tokens'])['refreshToken']
  const attempt = membersOf(record['attempt'])
  return {
    isTombstone,
    owes: record['owes'] !== null && record['owes'] !== undefined,
    gen: typeof record['gen'] === 'number' ? record['gen'] : -1,
    token: typeof refreshToken === 'string' ? nameToken(refreshToken) : undefined,
    status: isTombstone ? 'signed out' : textOf(record['status']) || 'unreadable',
    reason: textOf(record['reason']) || undefined,
    endsAt: typeof record['endsAt'] === 'number' ? record['endsAt'] : undefined,
    attempt:
      typeof attempt['id'] === 'string'
        ? { id: attempt['id'], before: textOf(attempt['before']) || null, dead: attempt['dead'] === true }
        : null,
  }
}

/** The secrets in a stored session: tokens and private keys. */
export function secretsIn(value: unknown): readonly string[] {
  const record = membersOf(value)
  const owes = membersOf(record['owes'])
  const tokens = membersOf(record['tokens'])
  const found = [
    tokens['accessToken'],
    tokens['refreshToken'],
    owes['accessToken'],
    owes['refreshToken'],
    membersOf(record['dpopKey'])['d'],
    membersOf(owes['dpopKey'])['d'],
  ]
  return found.filter((secret) => typeof secret === 'string')
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
