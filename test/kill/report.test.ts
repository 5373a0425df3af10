import { expect, test } from 'vitest'
import { ALLOWED, type Cause } from './judge.ts'
import { printReport, type Report } from './report.ts'

/** A short run in which sessions were lost for these causes. */
function reportOf(sessionsLost: Report['sessionsLost']): Report {
  return {
    engine: 'file',
    seed: 1,
    speed: 600,
    kills: 25,
    killsFromOutside: 5,
    pauses: 3,
    restarts: 25,
    requests: 900,
    calls: 300,
    refreshes: 60,
    signIns: 12,
    signInsByClient: { public: 12 },
    signOuts: 2,
    tokensRefreshed: 40,
    refreshSuccess: 0.9,
    answersDropped: 4,
    answersDelayed: 2,
    writesFailed: 6,
    sessions: 12,
    sessionsLost,
    sessionsExpired: 0,
    signInsCutOff: 1,
    unrevoked: {},
    sessionsVerified: 8,
    violations: [],
    points: {},
    pointsNeverKilledAt: [],
    errors: { [`call: ${ALLOWED}`]: 7 },
    seconds: 20,
    failures: [],
  }
}

test('marks the losses that are allowed, and no others', () => {
  const notAllowed: Cause = 'spent token sent again'
  const text = printReport(reportOf({ [`${ALLOWED}: receiver killed`]: 2, [notAllowed]: 1 }))
  expect(text).toContain(`\n    2 ${ALLOWED}: receiver killed (allowed)\n    1 ${notAllowed}\n`)
  expect(text.match(/\(allowed\)/g)).toHaveLength(1)
})

test('marks nothing where nothing was lost', () => {
  expect(printReport(reportOf({}))).toContain('sessions lost:\n    none\n')
  expect(printReport(reportOf({}))).not.toContain('(allowed)')
})
