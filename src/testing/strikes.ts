import { breakBody, cutOff, rewriteChallenge, spoilBody } from './broken-answers.ts'
import type { AnswerTarget, Fault } from './faults.ts'
import { fetchFailed } from './fetch-failed.ts'
import { copyResponse } from './copy-response.ts'
import { randomToken } from './random-token.ts'
import type { LogEntry } from './request-log.ts'
import { untilAborted } from './until-aborted.ts'

/** Before the server acts, or after. */
export type Stage = 'request' | 'answer'

/** Does what goes wrong; `next` is what would have happened. */
export type Strike = (next: () => Promise<Response>, request: Request) => Promise<Response>

/** What faults may do to the network. */
export interface StrikePowers {
  sleep(ms: number): Promise<void>
  rotateNonces(): void
  /** Ends the session that a refresh token is of. */
  endSessionOf(refreshToken: string): void
  /** Aborted once the network is closed. */
  readonly closing: AbortSignal
}

/** How a fault strikes, and what. */
interface PreparedStrike {
  readonly stage: Stage
  readonly strike: Strike
  /** Whether there is anything to strike. An answer is known in the stage of answers only. */
  readonly fits: (entry: LogEntry, response: Response | undefined) => boolean
}

/** Turns a fault into what it does. */
export function prepareStrike(fault: Fault, gate: Promise<void>, powers: StrikePowers): PreparedStrike {
  if ('nonce' in fault) return prepareNonceStrike(fault.nonce, powers)
  if ('challenge' in fault) {
    return answer(always, async (next) => rewriteChallenge(await next(), fault.challenge), hasChallenge)
  }
  const early = strikeRequest(fault, gate, powers)
  if (early) return { stage: 'request', strike: early, fits: always }
  return answer(sparesChallenges(fault), ...strikeAnswer(fault, gate, powers))
}

function answer(
  spares: PreparedStrike['fits'],
  strike: Strike,
  fits: (response: Response) => boolean = always,
): PreparedStrike {
  const all: PreparedStrike['fits'] = (entry, response) =>
    response !== undefined && spares(entry, response) && fits(response)
  return { stage: 'answer', strike, fits: all }
}

function strikeRequest(fault: Fault, gate: Promise<void>, powers: StrikePowers): Strike | undefined {
  if ('respond' in fault) return async (_, request) => fault.respond(request)
  if ('redirect' in fault) {
    const { redirect, status = 307 } = fault
    return async () => new Response(null, { status, headers: { location: String(redirect) } })
  }
  if ('status' in fault) return async () => refusal(fault)
  if ('refuse' in fault) return () => Promise.reject(fetchFailed('ECONNREFUSED'))
  if ('txt' in fault) return async () => Response.json(fault.txt)
  if ('tokenCheck' in fault) return async () => refuseToken()
  if ('lose' in fault && fault.lose === 'request') return () => Promise.reject(fetchFailed('ECONNRESET'))
  if ('hang' in fault && fault.hang === 'request') return (next) => after(gate, next, powers)
  if ('delay' in fault && fault.delay === 'request') return (next) => after(powers.sleep(fault.ms), next, powers)
  return undefined
}

function strikeAnswer(
  fault: Fault,
  gate: Promise<void>,
  powers: StrikePowers,
): [strike: Strike, fits?: (response: Response) => boolean] {
  if ('lose' in fault) return [() => Promise.reject(fetchFailed('ECONNRESET'))]
  if ('hang' in fault && fault.hang === 'body') {
    const hold = (request: Request) => () => untilAborted(gate, request.signal, powers.closing)
    return [async (next, request) => breakBody(await next(), hold(request))]
  }
  if ('hang' in fault) return [(next) => after(gate, next, powers)]
  if ('delay' in fault) return [(next) => after(powers.sleep(fault.ms), next, powers)]
  if ('alter' in fault) return [async (next) => fault.alter(await next())]
  if ('body' in fault && !('status' in fault)) {
    const { body } = fault
    if (body === 'cut-off') return [async (next) => breakBody(await next(), cutOff)]
    return [async (next) => spoilBody(await next(), body)]
  }
  if ('json' in fault) return [(next) => changeJson(next, fault.json), isSuccess]
  if ('set' in fault) return [(next) => changeJson(next, (object) => ({ ...object, ...fault.set })), isSuccess]
  if ('omit' in fault) {
    return [(next) => changeJson(next, (object) => ({ ...object, [fault.omit]: undefined })), isSuccess]
  }
  if ('rotation' in fault) return [(next) => failRotation(next, powers), isSuccess]
  throw new TypeError(`a fault that is none of ours: ${Object.keys(fault).join(', ')}`)
}

function prepareNonceStrike(kind: 'missing' | 'wrong' | 'stale', powers: StrikePowers): PreparedStrike {
  if (kind === 'stale') {
    const strike: Strike = (next) => {
      powers.rotateNonces()
      return next()
    }
    return { stage: 'request', strike, fits: always }
  }
  return answer(always, async (next) => {
    const response = copyResponse(await next())
    if (kind === 'missing') response.headers.delete('dpop-nonce')
    else response.headers.set('dpop-nonce', randomToken('nonce'))
    return response
  })
}

/** Waits for something, or for the end of the network, and goes on. */
async function after(
  wait: Promise<void>,
  act: () => Promise<Response>,
  { closing }: StrikePowers,
): Promise<Response> {
  await untilAborted(wait, closing)
  return act()
}

async function changeJson(
  next: () => Promise<Response>,
  change: (object: Record<string, unknown>) => unknown,
): Promise<Response> {
  const response = await next()
  const object = (await response.json()) as Record<string, unknown>
  return copyResponse(response, JSON.stringify(change(object)))
}

async function failRotation(next: () => Promise<Response>, powers: StrikePowers): Promise<Response> {
  const { refresh_token } = (await (await next()).json()) as { refresh_token?: string }
  if (refresh_token !== undefined) powers.endSessionOf(refresh_token)
  const body = { error: 'server_error', error_description: 'Unexpected error' }
  return Response.json(body, { status: 500 })
}

/** The names of the reference server for what it says without a better one. */
const ERROR_NAMES: Readonly<Record<number, string>> = {
  400: 'InvalidRequest',
  401: 'AuthenticationRequired',
  403: 'Forbidden',
  404: 'NotFound',
  413: 'PayloadTooLarge',
  429: 'RateLimitExceeded',
  500: 'InternalServerError',
  501: 'MethodNotImplemented',
  502: 'UpstreamFailure',
  503: 'NotEnoughResources',
  504: 'UpstreamTimeout',
}

function refusal(fault: {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}): Response {
  const { status, headers, body } = fault
  const init = { status, ...(headers && { headers }) }
  if (body !== undefined) return new Response(body, init)
  const error = ERROR_NAMES[status] ?? 'Unknown'
  return Response.json({ error, message: `A fault of the test: ${status}` }, init)
}

function refuseToken(): Response {
  const message = 'Invalid token'
  const headers = { 'www-authenticate': `DPoP error="invalid_token", error_description="${message}"` }
  return Response.json({ error: 'invalid_token', message }, { status: 401, headers })
}

function sparesChallenges(fault: AnswerTarget): PreparedStrike['fits'] {
  return (entry) => fault.skipChallenges === false || entry.error !== 'use_dpop_nonce'
}

function always(): boolean {
  return true
}

function hasChallenge(response: Response): boolean {
  return response.headers.has('www-authenticate')
}

function isSuccess(response: Response): boolean {
  return response.ok
}
