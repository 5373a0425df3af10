import type { AnswerTarget } from './faults.ts'
import type { LogEntry } from '../request-log.ts'

/** Before the server acts, or after. */
export type Stage = 'request' | 'answer'

/** Does what goes wrong; `next` is what would have happened. */
export type Strike = (next: () => Promise<Response>, request: Request) => Promise<Response>

/** How a fault strikes, and what. */
export interface PreparedStrike {
  readonly stage: Stage
  readonly strike: Strike
  /** Whether there is anything to strike. An answer is known in the stage of answers only. */
  readonly fits: (entry: LogEntry, response: Response | undefined) => boolean
}

/** Whether there is anything in an answer to strike. */
export type FitsAnswer = (response: Response, entry: LogEntry) => boolean

/** In the stage that the fault names. */
export function at(stage: Stage, fault: AnswerTarget, strike: Strike): PreparedStrike {
  return stage === 'request' ? onRequest(strike) : onAnswer(fault, strike)
}

/** Before the server acts, and perhaps in its place. */
export function onRequest(strike: Strike): PreparedStrike {
  return { stage: 'request', strike, fits: always }
}

/** After the server has acted, and not to a nonce challenge unless the fault says so. */
export function onAnswer(fault: AnswerTarget, strike: Strike, fits: FitsAnswer = always): PreparedStrike {
  const { skipChallenges = true } = fault
  return onAnyAnswer(strike, (response, entry) => {
    return !(skipChallenges && entry.error === 'use_dpop_nonce') && fits(response, entry)
  })
}

/** After the server has acted, whatever it answered. */
export function onAnyAnswer(strike: Strike, fits: FitsAnswer): PreparedStrike {
  return {
    stage: 'answer',
    strike,
    fits: (entry, response) => response !== undefined && fits(response, entry),
  }
}

/** Strikes whatever comes. */
export function always(): boolean {
  return true
}
