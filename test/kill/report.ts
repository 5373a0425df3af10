import type { PointCounts } from './killer.ts'
import { ALLOWED, type Cause } from './judge.ts'

/** What a run found. */
export interface Report {
  readonly engine: string
  readonly seed: number
  readonly speed: number
  readonly kills: number
  /** Of the kills, those from outside, at no point in particular. */
  readonly killsFromOutside: number
  readonly pauses: number
  readonly restarts: number
  readonly requests: number
  readonly calls: number
  readonly refreshes: number
  readonly signIns: number
  readonly signInsByClient: Readonly<Record<string, number>>
  readonly signOuts: number
  /** Refresh requests that servers answered with new tokens. */
  readonly tokensRefreshed: number
  /** Of the refreshes that came to an end and waited for no other, those that went well. */
  readonly refreshSuccess: number
  readonly answersDropped: number
  readonly answersDelayed: number
  readonly writesFailed: number
  readonly sessions: number
  readonly sessionsLost: Readonly<Record<string, number>>
  readonly sessionsExpired: number
  readonly signInsCutOff: number
  /** Signed out, and the server never took the revocation, by why. */
  readonly unrevoked: Readonly<Record<string, number>>
  readonly sessionsVerified: number
  readonly violations: readonly string[]
  readonly points: Readonly<Record<string, PointCounts>>
  readonly pointsNeverKilledAt: readonly string[]
  readonly errors: Readonly<Record<string, number>>
  readonly seconds: number
  readonly failures: readonly Failure[]
}

/** A session that was lost for a cause that is not allowed, and all that is known of it. */
export interface Failure {
  readonly session: number
  readonly cause: Cause | 'a rule was broken'
  readonly how: string
  readonly trace: readonly string[]
}

/** Whether a run shows what it is to show. */
export function isGreen({ failures, violations }: Report): boolean {
  return failures.length === 0 && violations.length === 0
}

/** A report as people read it. */
export function printReport(report: Report): string {
  const { engine, seed, speed, kills, killsFromOutside, pauses, restarts, points, failures, violations } = report
  const lines = [
    `${engine}, seed ${seed}, time ${speed} times as fast: ${report.seconds.toFixed(0)} s`,
    `  ${kills} kills (${killsFromOutside} from outside), ${pauses} pauses, ${restarts} restarts, ${report.requests} requests`,
    `  ${report.calls} calls, ${report.refreshes} refreshes asked for (${percent(report.refreshSuccess)} of those that came to an end, and waited for no other, went well), ${report.tokensRefreshed} token answers, ${report.signIns} sign-ins (${byClient(report)}; ${report.signInsCutOff} cut off), ${report.signOuts} sign-outs`,
    `  ${report.answersDropped} answers dropped, ${report.answersDelayed} delayed, ${report.writesFailed} writes failed`,
    `  ${report.sessions} sessions; ${report.sessionsVerified} lived to the end, called and refreshed; ${report.sessionsExpired} came of age`,
    '  sessions lost:',
    ...listed(report.sessionsLost, markAllowed),
    '  signed out, and the revocation did not get through:',
    ...listed(report.unrevoked),
    '  kills and stops by point:',
    ...Object.entries(points).map(([kind, { kills: killed, stops }]) => `    ${kind}: ${killed} and ${stops}`),
    `  points never killed at: ${report.pointsNeverKilledAt.join(', ') || 'none'}`,
    '  errors that children met:',
    ...listed(report.errors),
  ]
  for (const what of violations) lines.push(`  BROKEN: ${what}`)
  for (const failure of failures.slice(0, 5)) lines.push(printFailure(failure))
  if (failures.length > 5) lines.push(`  and ${failures.length - 5} more`)
  lines.push(isGreen(report) ? '  green' : '  RED')
  return lines.join('\n')
}

/** One failure, with all that is known of its session. */
export function printFailure({ session, cause, how, trace }: Failure): string {
  return [`  session ${session}: ${cause}: ${how}`, ...trace.map((line) => `    ${line}`)].join('\n')
}

function listed(
  counts: Readonly<Record<string, number>>,
  label: (name: string) => string = (name) => name,
): readonly string[] {
  const entries = Object.entries(counts)
  if (entries.length === 0) return ['    none']
  return entries.toSorted(([, a], [, b]) => b - a).map(([name, count]) => `    ${count} ${label(name)}`)
}

/** A loss as the report counts it: by its cause, and where that is the allowed one, by how it came. */
function markAllowed(name: string): string {
  return name.startsWith(ALLOWED) ? `${name} (allowed)` : name
}

function byClient({ signInsByClient }: Report): string {
  return Object.entries(signInsByClient)
    .map(([client, count]) => `${count} ${client}`)
    .join(', ')
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`
}
