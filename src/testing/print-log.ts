import type { LogEntry } from './request-log.ts'

/** Longer ones push the rest of their line aside. */
const MAX_WIDTH = 90

/** One line a request, in columns: seconds since the network began, who, what, and what came of it. */
export function printEntries(entries: readonly LogEntry[]): string {
  const rows = entries.map((entry) => {
    const { seconds, from, method, url, grant } = summarizeEntry(entry)
    return [seconds.toFixed(3), from, method, grant ? `${url} ${grant}` : url, describeEnd(entry)] as const
  })
  const width = (column: 0 | 1 | 2 | 3) => Math.min(MAX_WIDTH, Math.max(...rows.map((row) => row[column].length)))
  const [times, senders, methods, urls] = [width(0), width(1), width(2), width(3)]
  return rows
    .map(([time, from, method, url, end]) =>
      [time.padStart(times), from.padEnd(senders), method.padEnd(methods), url.padEnd(urls), end].join('  '),
    )
    .join('\n')
}

/** What may be told of a request: no header, no form, and no secret in its URL. */
export interface LogSummary {
  /** Since the network began. */
  readonly seconds: number
  readonly from: string
  readonly method: string
  readonly url: string
  /** The `grant_type` of a request for tokens. */
  readonly grant: string | undefined
  readonly status: number | undefined
  readonly error: string | undefined
  readonly faults: readonly string[] | undefined
  readonly outcome: LogEntry['outcome']
}

/** The facts of a request that may be told. */
export function summarizeEntry(entry: LogEntry): LogSummary {
  const { elapsedMs, from, method, url, form, status, error, faults, outcome } = entry
  return {
    seconds: elapsedMs / 1000,
    from,
    method,
    url: printUrl(url),
    grant: form?.get('grant_type') ?? undefined,
    status,
    error,
    faults: faults.length > 0 ? faults : undefined,
    outcome,
  }
}

/** With a status, the server has acted, and the sender may not know. */
function describeEnd(entry: LogEntry): string {
  const { method, status, error, faults } = entry
  // DNS has no such statuses: what it failed with says it all.
  const answer = [method === 'TXT' ? (error ? undefined : 'found') : status, error].filter(Boolean).join(' ')
  const struck = faults.length > 0 ? `(fault: ${faults.join(', ')})` : ''
  return [answer, OUTCOMES[entry.outcome](entry), struck].filter(Boolean).join('  ')
}

const OUTCOMES: Readonly<Record<LogEntry['outcome'], (entry: LogEntry) => string>> = {
  pending: ({ status }) => (status === undefined ? 'no answer yet' : 'on its way'),
  answered: () => '',
  failed: ({ status, failure }) => `${status === undefined ? 'failed' : 'lost'}: ${nameFailure(failure)}`,
  aborted: () => 'given up',
}

/** By its code where it has one: the message is whoever's who threw it. */
function nameFailure(failure: unknown): string {
  const cause = failure instanceof Error ? (failure.cause ?? failure) : failure
  if (typeof cause !== 'object' || cause === null) return typeof cause
  return String('code' in cause ? cause.code : 'name' in cause ? cause.name : 'object')
}

/** A query is shown where it cannot hold a code or token: with a call. */
function printUrl(url: string): string {
  const isCall = url.startsWith('http') && new URL(url).pathname.startsWith('/xrpc/')
  return (isCall ? url : url.replace(/[?#].*$/s, '')).replace(SECRETS, '…')
}

/** What our servers hand out, a short word and a long value; and anything that looks like a JWT. */
const SECRETS = /\b[a-z]{3,7}-[\w-]{24,}|\beyJ[\w-]+\.[\w.-]+/g
