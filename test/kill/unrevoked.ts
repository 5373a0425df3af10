import { ALLOWED, excuseOf, type Verdict } from './judge.ts'
import { newestOf, type Truth } from './truth.ts'

/** How old an assertion may be: servers refuse an older one, and to a revocation they say 200 all the same. */
const ASSERTION_MS = 60_000

/** How long after a sign-out whoever receives new tokens may take to find out, and to give them back. */
const GIVEN_BACK_MS = 2 * 60_000

/**
 * Why the server's session lives on although its person signed out. A revocation is sent once: one that is lost, or that
 * comes too late, is the way's doing; anything else is ours.
 */
export function judgeUnrevoked(truth: Truth): Verdict {
  const { revocations, revokes, seen } = truth
  const cause = 'signed out and not gone'
  if (seen?.owes) return { cause, how: 'nobody paid what it owes' }
  if (revokes === 0) return { cause, how: 'nothing is owed, and no revocation was ever sent' }
  if (revocations.length < revokes) return { cause: ALLOWED, how: 'given up before it arrived' }
  for (const { fate, error, status, arrivedAt, assertedAt } of revocations) {
    if (fate === 'dropped before') return { cause: ALLOWED, how: 'lost on the way' }
    if (status === 400 && error.startsWith('use_dpop_nonce')) {
      return { cause: ALLOWED, how: 'turned away for its nonce, with no time left to repeat it' }
    }
    if (assertedAt !== undefined && arrivedAt - assertedAt > ASSERTION_MS) {
      return { cause: ALLOWED, how: 'its assertion had grown too old on the way' }
    }
  }
  const excuse = excuseOfSuccessor(truth)
  if (excuse) return { cause: ALLOWED, how: `newer tokens than were revoked: ${excuse}` }
  return { cause, how: 'the server was asked, and did not end it' }
}

/** To revoke a token of a password ends no other: not one that was on its way while its person signed out. */
function excuseOfSuccessor(truth: Truth): string | undefined {
  const { client, signedOutAt = 0 } = truth
  const newest = newestOf(truth)
  if (client !== 'password' || !newest) return undefined
  return excuseOf(newest, Math.max(signedOutAt, newest.request.settledAt) + GIVEN_BACK_MS)
}
