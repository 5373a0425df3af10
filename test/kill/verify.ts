import { CALM_SPEED, type KillRun } from './kill-run.ts'
import type { Truth } from './truth.ts'
import { judgeUnrevoked } from './unrevoked.ts'
import { ALLOWED, findEarlyReplays } from './judge.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
/** Longer than anybody waits for an attempt. */
const PAST_FENCE_MS = 7 * MINUTE
/** How fast the time goes at least, however busy the machine is. */
const SLOWEST = 2
/** How fast the time goes while all children are gone. */
const NOBODY_IS_THERE = 600

/** What the quiet after a run showed. */
export interface Verification {
  readonly verified: number
  readonly unrevoked: Readonly<Record<string, number>>
}

/**
 * The quiet after a run: nothing fails, and everybody begins anew. Each session that is not lost is to answer a call,
 * now and a day later, and to refresh; then nothing is left open or unpaid.
 */
export async function verify(run: KillRun): Promise<Verification> {
  await run.calmDown()
  run.clock.change({ speed: NOBODY_IS_THERE })
  await run.clock.sleep(PAST_FENCE_MS)
  // Now all is to work: nothing may be left to how fast the machine is.
  run.clock.change({ speed: CALM_SPEED })
  run.startChildren()
  await run.look({ isThorough: true })
  await meetAll(run)
  await tryAll(run, 'call')
  await run.restChildren()
  run.clock.change({ jumpMs: DAY })
  run.startChildren()
  await meetAll(run)
  // All access tokens have ended by now: whatever a refresh left open is settled first.
  await tryAll(run, 'call')
  await tryAll(run, 'refresh')
  await meetAll(run)
  await run.restChildren()
  await run.look({ isThorough: true })
  run.losses.judgeOlderThan(0)
  for (const truth of run.ledger.truths) {
    for (const what of findEarlyReplays(truth)) run.ledger.violate(what, truth)
  }
  return { verified: checkLiving(run), unrevoked: checkSignedOut(run) }
}

/** Somebody looks through all sessions: that is when an unpaid tombstone is met. */
async function meetAll(run: KillRun): Promise<void> {
  for (const client of run.clients) if (client !== 'password') await run.desk.ask({ op: 'list', client })
  // Those of a password are met by whoever signs in with it, or signs out once more.
  for (const { client, sessionId, hasTombstone, seen } of run.ledger.truths) {
    if (client !== 'password' || !sessionId || !hasTombstone || !seen?.owes) continue
    await run.desk.ask({ op: 'sign-out', sessionId, client })
  }
  await run.clock.sleep(MINUTE / 4)
}

/** Has every living session do something. One that cannot because of an attempt is tried again past the fence. */
async function tryAll(run: KillRun, op: 'call' | 'refresh'): Promise<void> {
  let left = living(run)
  let lastError = new Map<Truth, string>()
  for (let round = 0; round < 5 && left.length > 0; round++) {
    if (round > 0) await rest(run, Math.max(SLOWEST, CALM_SPEED / 2 ** round))
    const errors = new Map<Truth, string>()
    await Promise.all(
      left.map(async (truth) => {
        const line = await run.desk.ask({ op, sessionId: truth.sessionId ?? '', client: truth.client })
        if (line?.is === 'done') return
        errors.set(truth, line?.is === 'failed' ? line.detail : 'its process ended')
      }),
    )
    await run.look({ isThorough: true })
    left = living(run).filter((truth) => errors.has(truth))
    lastError = errors
  }
  for (const truth of left) {
    const how = `${op} fails for good: ${lastError.get(truth)}`
    run.losses.add(truth, { cause: 'anything else', how })
  }
}

/** Past the fence. A machine that is too busy for what is to work gets more of its time for it. */
async function rest(run: KillRun, speed: number): Promise<void> {
  await run.restChildren()
  run.clock.change({ speed: NOBODY_IS_THERE })
  await run.clock.sleep(PAST_FENCE_MS)
  run.clock.change({ speed })
  run.startChildren()
}

function living({ ledger }: KillRun): readonly Truth[] {
  return ledger.truths.filter(({ standing }) => standing === 'live')
}

/** @returns how many sessions are well */
function checkLiving(run: KillRun): number {
  const all = living(run)
  for (const truth of all) {
    const { seen } = truth
    const isOpen = seen?.attempt && !seen.attempt.dead
    if (seen?.status !== 'active' || isOpen) run.ledger.violate('it is left uncertain after a day', truth)
  }
  return all.length
}

/** @returns how many revocations did not get through, by why */
function checkSignedOut(run: KillRun): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const truth of run.ledger.truths) {
    if (!truth.hasTombstone || truth.server.deleted) continue
    const verdict = judgeUnrevoked(truth)
    if (verdict.cause === ALLOWED) counts[verdict.how] = (counts[verdict.how] ?? 0) + 1
    else run.losses.add(truth, verdict)
  }
  return counts
}
