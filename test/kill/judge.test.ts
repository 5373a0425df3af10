import { describe, expect, test } from 'vitest'
import { fakeNetwork } from '../../src/testing.ts'
import { type Cause, type Finding, judge, type Verdict } from './judge.ts'
import { Ledger } from './ledger.ts'
import type { Life } from './life.ts'
import type { WriteLine } from './messages.ts'
import { nameToken, readFacts } from './record-facts.ts'
import type { Fate, TokenRequest, Truth } from './truth.ts'

const MINUTE = 60_000
/** When the first process wrote its attempt, and when the second one may take over. */
const FIRST_AT = 1000
const SECOND_AT = FIRST_AT + 6.1 * MINUTE

const REPLAYED = 'invalid_grant: Refresh token replayed'

/** What of the story is to be different: one process refreshes, another sends the spent token later. */
interface Story {
  readonly secondAt?: number
  readonly fate?: Fate
  readonly receiverEndsAt?: number
  readonly receiverStops?: { readonly from: number; readonly to: number }
  /** When the receiver last tried to store, in vain. */
  readonly failedUntil?: number
  readonly storedAt?: number
  readonly second?: 'without an attempt'
}

test('judges an answer that was dropped, and then a spent token after the fence, as the one cause that is allowed', async () => {
  expect(await verdictOf({ fate: 'dropped after' })).toEqual(allowed('answer dropped'))
})

test('judges the same before the fence was over as a spent token that was sent again', async () => {
  const verdict = await verdictOf({ fate: 'dropped after', secondAt: FIRST_AT + MINUTE })
  expect(verdict).toMatchObject({ cause: 'spent token sent again', how: 'only 60.0 s after the first attempt' })
})

describe('excuses', () => {
  test.each([
    [{ receiverEndsAt: FIRST_AT + 500 }, 'receiver killed'],
    [{ receiverEndsAt: SECOND_AT - 1, failedUntil: SECOND_AT - 5000 }, 'receiver killed while its store failed'],
    [{ failedUntil: SECOND_AT - 5000 }, "receiver's store failed"],
    [{ receiverStops: { from: FIRST_AT + 200, to: SECOND_AT + 1 } }, 'receiver stopped'],
  ])('allows for %o', async (story: Story, how: string) => {
    expect(await verdictOf(story)).toEqual(allowed(how))
  })

  test.each([
    [{}, 'its receiver ran, and had the time to store'],
    [{ failedUntil: FIRST_AT + 5000 }, 'its receiver ran, and had the time to store'],
    [{ receiverEndsAt: SECOND_AT + MINUTE }, 'its receiver ran, and had the time to store'],
    [
      { receiverStops: { from: FIRST_AT + 200, to: FIRST_AT + 5000 } },
      'its receiver ran, and had the time to store',
    ],
    [{ receiverEndsAt: SECOND_AT - 1, storedAt: FIRST_AT + 900 }, 'the newest token was stored before'],
    [{ fate: 'dropped after', second: 'without an attempt' } as const, 'sent without an attempt in the record'],
  ])('allows nothing for %o', async (story: Story, how: string) => {
    expect(await verdictOf(story)).toEqual({ cause: 'spent token sent again', how })
  })
})

test('judges an end over good tokens as an end of a session that lived', async () => {
  const { truth } = await tell({})
  const { name } = truth.tokens.at(-1) ?? { name: '' }
  const record = { ...readFacts({}), status: 'needs_reauth', reason: 'revoked', token: name }
  const verdict = judge(truth, { ...finding(truth), record, isEnded: false })
  expect(verdict).toMatchObject({ cause: 'ended although it lived' })
})

test('judges a record that is gone as lost for no good cause', async () => {
  const { truth } = await tell({ storedAt: FIRST_AT + 900 })
  const verdict = judge(truth, { ...finding(truth), isEnded: false })
  expect(verdict).toEqual({ cause: 'anything else', how: 'its record is gone' })
})

test('keeps a rule that older tokens are not stored over newer ones', async () => {
  const { ledger, life, truth } = await tell({ storedAt: FIRST_AT + 900 })
  const [first] = truth.tokens
  ledger.wrote(life, SECOND_AT, {
    ...write,
    token: first?.name,
    gen: 1,
    over: { gen: 2, token: '', isTombstone: false },
  })
  expect(ledger.violations).toMatchObject([{ what: 'older tokens were stored over newer ones' }])
})

function allowed(how: string): Verdict {
  const cause: Cause = 'answer never reached storage'
  return { cause, how }
}

async function verdictOf(story: Story): Promise<Verdict | 'expired'> {
  const { truth } = await tell(story)
  return judge(truth, finding(truth))
}

function finding(truth: Truth): Finding {
  return { record: undefined, isEnded: true, newest: truth.tokens.at(-1), at: SECOND_AT + 2 * MINUTE }
}

const write: Omit<WriteLine, 'token'> & { token: string | undefined } = {
  is: 'wrote',
  sessionId: 'did:plc:alice/1',
  from: 0,
  outcome: 'stored',
  isTombstone: false,
  gen: 1,
  token: undefined,
  status: 'active',
  attempt: null,
  over: null,
}

/** Alice signs in; one process refreshes and another one does so later, with the same token. */
async function tell(story: Story) {
  const network = fakeNetwork()
  const { did } = (await network.signIn('alice.test')) satisfies { readonly did: string }
  const { refreshToken = '' } = network.account(did)?.session ?? {}
  network.close()
  const ledger = new Ledger(network)
  const life: Life = { number: 1, slot: 0, readyAt: 0, stops: [], endedAt: story.receiverEndsAt }
  const other: Life = { ...life, number: 2, stops: [], endedAt: undefined }
  if (story.receiverStops) life.stops.push({ ...story.receiverStops, why: 'killer' })
  const signedIn = nameToken(refreshToken)

  ledger.issued(request(life, 'the code', 0), did, refreshToken)
  const [truth] = ledger.truths
  if (!truth) throw new Error('nobody signed in')
  ledger.wrote(life, 100, { ...write, token: signedIn })
  const attempt = { id: 'first', before: null, dead: false }
  ledger.wrote(life, FIRST_AT + 10, { ...write, from: FIRST_AT, token: signedIn, attempt })

  const spending = request(life, signedIn, FIRST_AT + 100)
  spending.fate = story.fate ?? 'delivered'
  ledger.issued(spending, did, 'ref-second')
  const second = truth.tokens[1]
  if (!second) throw new Error('no token was issued')
  if (story.failedUntil !== undefined) {
    ledger.wrote(life, story.failedUntil, { ...write, outcome: 'refused', gen: 2, token: second.name })
  }
  if (story.storedAt !== undefined) {
    ledger.wrote(life, story.storedAt, { ...write, gen: 2, token: second.name })
  }

  const at = story.secondAt ?? SECOND_AT
  const taking = { id: 'second', before: 'first', dead: false }
  if (!story.second) ledger.wrote(other, at, { ...write, from: at - 5, token: signedIn, attempt: taking })
  truth.ender = { ...request(other, signedIn, at + 100), status: 400, error: REPLAYED }
  return { ledger, truth, life }
}

function request(life: Life, sent: string, at: number): TokenRequest {
  const times = { arrivedAt: at, actedAt: at + 20, settledAt: at + 30, assertedAt: undefined }
  return { life, path: '/oauth/token', sent, status: 200, error: '', fate: 'delivered', ...times }
}
