import { ALLOWED } from './judge.ts'
import type { KillRun } from './kill-run.ts'
import type { ClientKind } from './messages.ts'
import type { Failure, Report } from './report.ts'
import type { Verification } from './verify.ts'

/** What a run was asked for. */
export interface RunFacts {
  readonly engine: string
  readonly seed: number
  readonly speed: number
  readonly children: number
  readonly seconds: number
}

/** Counts what happened in a run that is over. */
export function makeReport(run: KillRun, verification: Verification, facts: RunFacts): Report {
  const { counts, desk, ledger, losses, killer, adapter } = run
  const { asked, done, errors } = desk.counts
  const sessionsLost: Record<string, number> = {}
  for (const { cause, how } of losses.all) {
    const name = cause === ALLOWED ? `${cause}: ${how}` : cause
    sessionsLost[name] = (sessionsLost[name] ?? 0) + 1
  }
  // A refresh that waits for another's is told so: by design, and no failure.
  const failedRefreshes = [...errors].filter(([name]) => /^refresh: (?!refresh_pending)/.test(name))
  const ended = (done['refresh'] ?? 0) + failedRefreshes.reduce((sum, [, count]) => sum + count, 0)
  return {
    engine: facts.engine,
    seed: facts.seed,
    speed: facts.speed,
    kills: counts.kills,
    killsFromOutside: counts.killsFromOutside,
    pauses: counts.pauses,
    restarts: counts.lives - facts.children,
    requests: adapter.counts.requests,
    calls: asked['call'] ?? 0,
    refreshes: asked['refresh'] ?? 0,
    signIns: ledger.truths.length,
    signInsByClient: Object.fromEntries(run.clients.map((client) => [client, countOf(run, client)])),
    signOuts: done['sign-out'] ?? 0,
    tokensRefreshed: ledger.truths.reduce((sum, { tokens }) => sum + tokens.length - 1, 0),
    refreshSuccess: ended === 0 ? 0 : (done['refresh'] ?? 0) / ended,
    answersDropped: adapter.counts.dropped,
    answersDelayed: adapter.counts.delayed,
    writesFailed: counts.writesFailed,
    sessions: ledger.truths.length,
    sessionsLost,
    sessionsExpired: losses.expired,
    signInsCutOff: losses.cutOff,
    unrevoked: verification.unrevoked,
    sessionsVerified: verification.verified,
    violations: [...new Set(ledger.violations.map(({ what }) => what))],
    points: Object.fromEntries([...killer.points].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    pointsNeverKilledAt: killer.missed,
    errors: Object.fromEntries(errors),
    seconds: facts.seconds,
    failures: failuresOf(run),
  }
}

/** How many sessions began with it. */
function countOf({ ledger }: KillRun, client: ClientKind): number {
  return ledger.truths.filter((truth) => truth.client === client).length
}

/** What makes a run red, as far as it is known by now, session by session. */
export function failuresOf({ losses, ledger }: KillRun): readonly Failure[] {
  const broken = ledger.violations.filter(({ session }) => session !== undefined)
  return [
    ...losses.all.filter(({ cause }) => cause !== ALLOWED),
    ...broken.flatMap(({ what, session = -1 }) => {
      const truth = ledger.truths[session]
      return truth ? [{ truth, cause: 'a rule was broken' as const, how: what }] : []
    }),
  ].map(({ truth, cause, how }) => ({ session: truth.number, cause, how, trace: truth.trace }))
}
