import { breakBody, rewriteChallenge, spoilBody } from './broken-answers.ts'
import { changeJson, failRotation } from './change-json.ts'
import { checkFault, type FaultKind } from './check-fault.ts'
import { copyResponse } from '../copy-response.ts'
import type { Fault } from './faults.ts'
import { fetchFailed } from '../fetch-failed.ts'
import { randomToken } from '../random-token.ts'
import { canHaveBody, refusal, refuseToken } from './refusals.ts'
import type { LogEntry } from '../request-log.ts'
import { always, at, onAnswer, onAnyAnswer, onRequest, type PreparedStrike, type Strike } from './strike.ts'
import { untilAborted } from '../until-aborted.ts'

/** What faults may do to the network. */
export interface StrikePowers {
  sleep(ms: number): Promise<void>
  rotateNonces(): void
  /** Ends the session that a refresh token is of. */
  endSessionOf(refreshToken: string): void
  /** Aborted once the network is closed. */
  readonly closing: AbortSignal
}

/** What a strike may use: the powers, and the gate that `release()` opens. */
type Tools = StrikePowers & { readonly gate: Promise<void> }

type FaultOf<Kind extends FaultKind> = Extract<Fault, { readonly [name in Kind]: unknown }>
type Prepare<F extends Fault> = (fault: F, tools: Tools) => PreparedStrike

/**
 * Turns a fault into what it does.
 *
 * @throws TypeError where it is no fault
 */
export function prepareStrike(
  fault: Fault,
  gate: Promise<void>,
  powers: StrikePowers,
): PreparedStrike & { readonly name: string } {
  const kind = checkFault(fault)
  const prepare = STRIKES[kind] as Prepare<Fault>
  return { ...prepare(fault, { ...powers, gate }), name: nameFault(kind, fault) }
}

/** What the log calls it: a word of the value where that is one, as `lose answer`. Never a URL or text of the test. */
function nameFault(kind: FaultKind, fault: Fault): string {
  const value: unknown = new Map<string, unknown>(Object.entries(fault)).get(kind)
  if (kind === 'set') return `set ${Object.keys(value as object).join(', ')}`
  return kind !== 'redirect' && (typeof value === 'string' || typeof value === 'number')
    ? `${kind} ${value}`
    : kind
}

const STRIKES: { readonly [Kind in FaultKind]: Prepare<FaultOf<Kind>> } = {
  respond: ({ respond }) => onRequest(async (_, request) => respond(request)),
  redirect: ({ redirect, status = 307 }) =>
    onRequest(async () => new Response(null, { status, headers: { location: String(redirect) } })),
  status: (fault) => onRequest(async () => refusal(fault)),
  refuse: () => onRequest(() => fail('ECONNREFUSED')),
  lose: (fault) => at(fault.lose, fault, () => fail('ECONNRESET')),
  hang: (fault, { gate, closing }) => {
    const wait = () => untilAborted(gate, closing)
    if (fault.hang === 'body') return onAnswer(fault, async (next) => breakBody(await next(), wait))
    return at(fault.hang, fault, waitFor(wait))
  },
  delay: (fault, { sleep, closing }) =>
    at(
      fault.delay,
      fault,
      waitFor(() => untilAborted(sleep(fault.ms), closing)),
    ),
  alter: (fault) => onAnswer(fault, async (next) => fault.alter(await next())),
  body: (fault) => onAnswer(fault, async (next) => spoilBody(await next(), fault.body), canHaveBody),
  json: (fault) => onAnswer(fault, async (next) => changeJson(await next(), fault.json), isSuccess),
  set: (fault) =>
    onAnswer(fault, async (next) => changeJson(await next(), (old) => ({ ...old, ...fault.set })), isSuccess),
  omit: (fault) =>
    onAnswer(
      fault,
      async (next) => changeJson(await next(), (old) => ({ ...old, [fault.omit]: undefined })),
      isSuccess,
    ),
  nonce: ({ nonce }, powers) => NONCE_STRIKES[nonce](powers),
  challenge: ({ challenge }) =>
    onAnyAnswer(async (next) => rewriteChallenge(await next(), challenge), hasChallenge),
  rotation: (fault, { endSessionOf }) =>
    onAnswer(fault, async (next) => failRotation(await next(), endSessionOf), isRefreshed),
  tokenCheck: () => ({
    stage: 'request',
    strike: async () => refuseToken(),
    fits: ({ headers }) => /^DPoP ./i.test(headers.get('authorization') ?? ''),
  }),
  txt: ({ txt }) => ({
    stage: 'request',
    strike: async () => Response.json(txt),
    fits: ({ method }) => method === 'TXT',
  }),
}

const NONCE_STRIKES: Readonly<Record<FaultOf<'nonce'>['nonce'], (powers: StrikePowers) => PreparedStrike>> = {
  stale: ({ rotateNonces }) =>
    onRequest((next) => {
      rotateNonces()
      return next()
    }),
  missing: () =>
    onAnyAnswer(async (next) => {
      const response = copyResponse(await next())
      response.headers.delete('dpop-nonce')
      return response
    }, hasNonce),
  wrong: () =>
    onAnyAnswer(async (next) => {
      const response = copyResponse(await next())
      response.headers.set('dpop-nonce', randomToken('nonce'))
      return response
    }, always),
}

function waitFor(wait: () => Promise<void>): Strike {
  return async (next) => {
    await wait()
    return next()
  }
}

function fail(code: string): Promise<never> {
  return Promise.reject(fetchFailed(code))
}

function isRefreshed(response: Response, { form }: LogEntry): boolean {
  return response.ok && form?.get('grant_type') === 'refresh_token'
}

function hasChallenge(response: Response): boolean {
  return response.headers.has('www-authenticate')
}

function hasNonce(response: Response): boolean {
  return response.headers.has('dpop-nonce')
}

function isSuccess(response: Response): boolean {
  return response.ok
}
