import { isNsid } from '../../syntax/nsid.ts'
import { readNumber } from '../read-number.ts'
import { XrpcRefusal } from './xrpc-refusal.ts'

/** A limit on XRPC calls. Each account has its own count; those who are not signed in share one. */
export interface RateLimit {
  /** The method that is limited. @default all methods together */
  readonly nsid?: string
  /** How many calls a window has, from 0. */
  readonly limit: number
  /** How long a window lasts, from its first call on, by the servers' clock; from 1. */
  readonly windowSeconds: number
}

interface Window {
  readonly endsAt: number
  calls: number
}

interface Status {
  readonly rule: RateLimit
  readonly remaining: number
  readonly isExceeded: boolean
  readonly endsAt: number
}

const FIELDS: ReadonlySet<string> = new Set(['nsid', 'limit', 'windowSeconds'])
const EXPOSED = 'RateLimit-Limit, RateLimit-Reset, RateLimit-Remaining, RateLimit-Policy'

/** The rate limits of a network. They count what has passed its authentication, as the reference server does. */
export class RateLimits {
  readonly #now: () => number
  readonly #windows = new Map<RateLimit, Map<string, Window>>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** @throws TypeError for a limit that is none */
  add(rule: RateLimit): void {
    const unknown = Object.keys(rule).find((name) => !FIELDS.has(name))
    if (unknown !== undefined)
      throw new TypeError(`rateLimit: expected nsid, limit and windowSeconds, found ${unknown}`)
    readNumber('rateLimit.limit', rule.limit, 0)
    readNumber('rateLimit.windowSeconds', rule.windowSeconds, 1)
    if (rule.nsid !== undefined && !isNsid(rule.nsid))
      throw new TypeError(`rateLimit.nsid: expected an NSID, found ${rule.nsid}`)
    this.#windows.set(rule, new Map())
  }

  /**
   * Counts a call, and writes what is left of the tightest limit into the answer's headers.
   *
   * @throws XrpcRefusal 429, RateLimitExceeded
   */
  spend(nsid: string, caller: string | undefined, headers: Headers): void {
    const [tightest] = [...this.#windows.keys()]
      .filter((rule) => rule.nsid === undefined || rule.nsid === nsid)
      .map((rule) => this.#count(rule, caller ?? ''))
      .toSorted((a, b) => Number(b.isExceeded) - Number(a.isExceeded) || a.remaining - b.remaining)
    if (!tightest) return
    const { rule, remaining, isExceeded, endsAt } = tightest
    headers.set('ratelimit-limit', String(rule.limit))
    headers.set('ratelimit-reset', String(Math.floor(endsAt / 1000)))
    headers.set('ratelimit-remaining', String(remaining))
    headers.set('ratelimit-policy', `${rule.limit};w=${rule.windowSeconds}`)
    headers.append('access-control-expose-headers', EXPOSED)
    if (!isExceeded) return
    headers.set('retry-after', String(Math.ceil((endsAt - this.#now()) / 1000)))
    headers.append('access-control-expose-headers', 'Retry-After')
    throw new XrpcRefusal(429, 'RateLimitExceeded', 'Rate Limit Exceeded')
  }

  #count(rule: RateLimit, caller: string): Status {
    const windows = this.#windows.get(rule) ?? new Map<string, Window>()
    const known = windows.get(caller)
    const now = this.#now()
    const window = known && now < known.endsAt ? known : { endsAt: now + rule.windowSeconds * 1000, calls: 0 }
    window.calls += 1
    windows.set(caller, window)
    const remaining = Math.max(rule.limit - window.calls, 0)
    return { rule, remaining, isExceeded: window.calls > rule.limit, endsAt: window.endsAt }
  }
}
