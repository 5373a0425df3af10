import { describe, expect, test } from 'vitest'
import { fakeNetwork } from '../../src/testing.ts'
import { type Cause, type Finding, findEarlyReplays, judge, type Verdict } from './judge.ts'
import { Ledger } from './ledger.ts'
import type { Life } from './life.ts'
import type { WriteLine } from './messages.ts'
import { nameToken, readFacts } from './record-facts.ts'
import { CREATE, DELETE, REFRESH } from './token-paths.ts'
import { type Fate, newestOf, type TokenRequest, type Truth } from './truth.ts'

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

describe('sessions of passwords', () => {
  const staleSince = SECOND_AT + 2 * 60 * MINUTE

  test.each([
    [{ fate: 'dropped after' } as const, 'answer dropped, and no one asked again in time'],
    [{ receiverEndsAt: FIRST_AT + 500 }, 'receiver killed, and no one asked again in time'],
  ])('allow for %o where nobody sent the spent token in its two hours', async (story, how) => {
    const { truth, first } = await tellOfPassword(story)
    expect(judge(truth, { ...finding(truth), record: first('refresh_response_lost'), isEnded: false })).toEqual(
      allowed(how),
    )
  })

  test('allow nothing where the receiver ran', async () => {
    const { truth, first } = await tellOfPassword({})
    const record = first('refresh_response_lost')
    expect(judge(truth, { ...finding(truth), at: staleSince, record, isEnded: false })).toEqual({
      cause: 'anything else',
      how: 'its receiver ran, and had the time to store',
    })
  })

  test('allow no other reason for an end than the answer that was lost', async () => {
    const { truth, first } = await tellOfPassword({ fate: 'dropped after' })
    const verdict = judge(truth, { ...finding(truth), record: first('revoked'), isEnded: false })
    expect(verdict).toEqual({ cause: 'anything else', how: 'needs_reauth revoked' })
  })

  test('are not to end over any token that the server takes for the newest', async () => {
    const { truth } = await tellOfPassword({ replay: 'after the fence' })
    const [, second, third] = truth.tokens
    expect(second?.serverId).toBe(third?.serverId)
    const verdict = judge(truth, { ...finding(truth), record: ended(second, 'revoked'), isEnded: false })
    expect(verdict).toMatchObject({ cause: 'ended although it lived' })
  })

  test('are not to be ended at the server but by their person', async () => {
    const { ledger, life, truth } = await tellOfPassword({})
    const { name } = truth.tokens.at(-1) ?? { name: '' }
    ledger.answered({ ...request(life, name, SECOND_AT), path: DELETE })
    expect(truth.server.deleted).toBe(true)
    expect(judge(truth, finding(truth))).toEqual({ cause: 'anything else', how: 'revoked, and nobody signed out' })
  })

  test('are no more than left alone by the revocation of a token that was spent', async () => {
    const { ledger, life, truth } = await tellOfPassword({})
    const { name } = truth.tokens[0] ?? { name: '' }
    ledger.answered({ ...request(life, name, SECOND_AT), path: DELETE })
    expect(truth.server.deleted).toBe(false)
  })

  test.each([
    ['after the fence', []],
    ['by a process that had stood still', []],
    ['before the fence', ['a spent token was sent again before the fence was over']],
    ['under one attempt', []],
    ['once it was stored', ['a spent token was sent although the next one was stored']],
    ['without an attempt', ['a refresh token was sent without an attempt in the record']],
  ] as const)('may send a spent token again, or not: %s', async (replay, broken) => {
    const { truth } = await tellOfPassword({ replay })
    expect(findEarlyReplays(truth)).toEqual(broken)
  })
})

/** One process of a bot refreshes; and another one does so with the same token, where that is told. */
async function tellOfPassword(story: {
  readonly fate?: Fate
  readonly receiverEndsAt?: number
  readonly replay?:
    | 'after the fence'
    | 'before the fence'
    | 'by a process that had stood still'
    | 'under one attempt'
    | 'once it was stored'
    | 'without an attempt'
}) {
  const network = fakeNetwork()
  const { did } = network.createAccount('bot.test')
  network.close()
  const ledger = new Ledger(network)
  const life: Life = { number: 1, slot: 0, readyAt: 0, stops: [], endedAt: story.receiverEndsAt }
  const other: Life = { ...life, number: 2, stops: [], endedAt: undefined }
  const tokens = ['one', 'two', 'two again'].map(tokenOf)
  const [one = '', two = '', twoAgain = ''] = tokens
  const spent = nameToken(one)

  ledger.issued({ ...request(life, 'nothing', 0), path: CREATE }, did, one)
  const [truth] = ledger.truths
  if (!truth) throw new Error('nobody signed in')
  ledger.wrote(life, 100, { ...write, token: spent })
  const attempt = { id: 'first', before: null, dead: false }
  if (story.replay !== 'without an attempt') {
    ledger.wrote(life, FIRST_AT + 10, { ...write, from: FIRST_AT, token: spent, attempt })
  }
  ledger.issued({ ...refreshed(life, spent, FIRST_AT + 100), fate: story.fate ?? 'delivered' }, did, two)
  const { replay } = story
  if (replay === 'once it was stored')
    ledger.wrote(life, FIRST_AT + 200, { ...write, gen: 2, token: nameToken(two) })
  if (replay === 'by a process that had stood still') {
    // Its attempt came first, and its request last.
    const early = { id: 'early', before: null, dead: false }
    ledger.wrote(other, FIRST_AT - 7 * MINUTE, {
      ...write,
      from: FIRST_AT - 7 * MINUTE,
      token: spent,
      attempt: early,
    })
    ledger.issued(refreshed(other, spent, SECOND_AT), did, twoAgain)
  } else if (replay === 'under one attempt')
    ledger.issued(refreshed(life, spent, FIRST_AT + 20_000), did, twoAgain)
  else if (replay) {
    const at = replay === 'before the fence' ? FIRST_AT + MINUTE : SECOND_AT
    const taking = { id: 'second', before: 'first', dead: false }
    ledger.wrote(other, at, { ...write, from: at - 5, token: spent, attempt: taking })
    ledger.issued(refreshed(other, spent, at + 100), did, twoAgain)
  }
  return { ledger, life, truth, first: (reason: string) => ended(truth.tokens[0], reason) }
}

/** A record that says of a token that its session has ended. */
function ended(token: { readonly name: string } | undefined, reason: string) {
  return { ...readFacts({}), status: 'needs_reauth', reason, token: token?.name }
}

function refreshed(life: Life, sent: string, at: number): TokenRequest {
  return { ...request(life, sent, at), path: REFRESH }
}

/** A token as the network makes them: two with one id stand for the same session there. */
function tokenOf(name: string): string {
  const payload = Buffer.from(JSON.stringify({ jti: name.split(' ')[0], name })).toString('base64url')
  return `e30.${payload}.x`
}

function allowed(how: string): Verdict {
  const cause: Cause = 'answer never reached storage'
  return { cause, how }
}

async function verdictOf(story: Story): Promise<Verdict | 'expired'> {
  const { truth } = await tell(story)
  return judge(truth, finding(truth))
}

function finding(truth: Truth): Finding {
  return { record: undefined, isEnded: true, newest: newestOf(truth), at: SECOND_AT + 2 * MINUTE }
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
