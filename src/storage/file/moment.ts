import { createHash } from 'node:crypto'
import { readFile, readlink } from 'node:fs/promises'
import { hostname, uptime } from 'node:os'
import { type Clock, MINUTE, SECOND } from '../../http/clock.ts'
import { hasShape, isNumber, isText } from '../../syntax/shape.ts'

/** A moment as a machine tells it, so that another process can say how long ago it was. */
export interface Moment {
  /** Wall time, in ms since the epoch. */
  readonly wall: number
  /** How long the machine had been running, in ms, its sleep included. */
  readonly sinceBoot: number
  /** Which run of which machine that was. */
  readonly boot: string
}

/** Walls of machines that are kept in time differ by less than this. */
const LIKELY_WALL_ERROR_MS = 10 * MINUTE

export function isMoment(value: unknown): value is Moment {
  return hasShape<Moment>(value, { wall: isNumber, sinceBoot: isNumber, boot: isText })
}

/**
 * How long ago a moment was, in ms; never negative.
 *
 * An age that is too large does harm: it ends the wait for a refresh that is still on its way, and the same refresh token
 * is sent twice. One that is too small makes somebody wait. So in one run of a machine its own time counts, which no
 * change of the wall clock moves. Over a restart, or between machines, only the walls are left: where they say that the
 * moment is yet to come, by no more than clocks differ, it is now. How long this machine has been running counts only
 * where the wall is far behind, as without a battery: by itself it would make what another machine wrote a second ago as
 * old as this one's last restart.
 */
export function ageOf(moment: Moment, now: Moment): number {
  if (moment.boot === now.boot && now.sinceBoot >= moment.sinceBoot) return now.sinceBoot - moment.sinceBoot
  const byWall = now.wall - moment.wall
  if (byWall >= 0) return byWall
  return byWall < -LIKELY_WALL_ERROR_MS ? now.sinceBoot : 0
}

/** How long it is from one moment of this process to another, by the wall or by the machine, whichever is more. */
export function longestBetween(start: Moment, end: Moment): number {
  return Math.max(end.wall - start.wall, end.sinceBoot - start.sinceBoot)
}

/** Tells the moment: by the machine, or by a clock that all who share the files count by. */
export function momentTeller(clock: Pick<Clock, 'now' | 'monotonic'> | undefined): () => Promise<Moment> {
  if (clock) return async () => ({ wall: clock.now(), sinceBoot: clock.monotonic(), boot: 'clock' })
  let boot: Promise<string> | undefined
  return async () => ({
    boot: await (boot ??= nameBoot()),
    wall: Date.now(),
    sinceBoot: Math.round(uptime() * SECOND),
  })
}

/**
 * Names this run of this machine, for all of its containers that count by the kernel's own uptime. One that counts from
 * its own start has a time namespace or a file in place of /proc/uptime, and is told apart by its host name. Where the
 * system has no id for a run (macOS, Windows), a restart shows by a smaller uptime; until it has grown past the old one
 * an age comes out too small at worst.
 */
async function nameBoot(): Promise<string> {
  const [bootId, timeNamespace, mounts] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    readlink('/proc/self/ns/time').catch(() => ''),
    readFile('/proc/self/mountinfo', 'utf8').catch(() => ' /proc/uptime '),
  ])
  const isOwnUptime = bootId === '' || mounts.includes(' /proc/uptime ')
  const hash = createHash('sha256').update([isOwnUptime ? hostname() : '', bootId, timeNamespace].join('\n'))
  return hash.digest('base64url').slice(0, 22)
}
