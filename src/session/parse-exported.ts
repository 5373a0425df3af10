import { OBJECT, type OptionRule } from '../flow/assert-options.ts'
import { type ClientAuth, isClientAuth } from '../flow/client/client-auth.ts'
import { isEndpoint, parseOrigin } from '../http/origin.ts'
import type { Transport } from '../http/transport.ts'
import { hasShape, nullable, oneOf } from '../syntax/shape.ts'
import { assertFields, type FieldRules } from './assert-fields.ts'
import { EXPORT_FORMAT, type ExportedSession } from './exported-session.ts'
import {
  assertApart,
  DID,
  isShort,
  isTime,
  PRIVATE_KEY,
  SCOPE,
  TIME_OR_NONE,
  TOKEN,
  TOKEN_OR_NONE,
} from './portable-rules.ts'
import type { PortableRecord } from './portable-record.ts'
import { didOf, isSessionId, type Tokens } from './record.ts'

/**
 * Reads what `exportSession` gave, member by member: what is not named here does not come along.
 *
 * @throws TypeError that names the field, and shows nothing of it
 */
export function parseExported(transport: Pick<Transport, 'allowLoopback'>, data: unknown): PortableRecord {
  assertFields<ExportedSession>('data', data, rulesFor(transport, data))
  assertFields<Tokens>('data.tokens', data.tokens, TOKENS)
  const { sessionId, did, handle, issuer, tokenEndpoint, revocationEndpoint, pds, scope, clientAuth, gen } = data
  const { checkedAt, status, reason, createdAt, endsAt, attempt, tokens, dpopKey } = data
  const { accessToken, refreshToken, expiresAt, lifetimeMs } = tokens
  const { kty, crv, x, y, d } = dpopKey
  const shown = [
    sessionId,
    handle,
    issuer,
    tokenEndpoint,
    revocationEndpoint,
    pds,
    scope,
    clientAuth,
    reason,
    attempt,
  ]
  assertApart(shown, [accessToken, refreshToken, d])
  return {
    schema: 1,
    sessionId,
    did,
    handle,
    issuer,
    tokenEndpoint,
    revocationEndpoint,
    pds,
    scope,
    tokens: { accessToken, refreshToken, expiresAt, lifetimeMs },
    dpopKey: { kty, crv, x, y, d },
    clientAuth: pinOf(clientAuth),
    gen,
    checkedAt,
    status,
    reason,
    createdAt,
    endsAt,
    attempt: attempt && { id: attempt.id, before: attempt.before, dead: true },
  }
}

const LONGEST_NAME = 256
/** What `createSessionId` puts behind the DID: it becomes a part of a storage key. */
const ID_TAIL = /\/[\w-]{16,128}$/
/** Far more token sets than a session can have, and still exact with a few more. */
const MOST_TOKEN_SETS = 2 ** 50

const TOKENS: FieldRules<Tokens> = {
  accessToken: TOKEN,
  refreshToken: TOKEN_OR_NONE,
  expiresAt: TIME_OR_NONE,
  lifetimeMs: ['a time in ms, or nothing', TIME_OR_NONE[1]],
}

const ATTEMPT = { id: isName, before: nullable(isName), dead: oneOf(true) }

function isName(value: unknown): value is string {
  return isShort(value, LONGEST_NAME)
}

function isPortableId(value: unknown): boolean {
  return typeof value === 'string' && ID_TAIL.test(value) && isSessionId(value)
}

/** The client id is compared with our own. */
function hasShortNames(auth: ClientAuth): boolean {
  return auth.method === 'none' || [auth.kid, auth.alg, auth.jkt].every(isName)
}

function pinOf(auth: ClientAuth): ClientAuth {
  const { method, clientId } = auth
  return method === 'none'
    ? { method, clientId }
    : { method, clientId, kid: auth.kid, alg: auth.alg, jkt: auth.jkt }
}

function rulesFor(transport: Pick<Transport, 'allowLoopback'>, data: unknown): FieldRules<ExportedSession> {
  const { sessionId } = Object(data)
  const origin: OptionRule = [
    'the https origin of a server',
    (value) => value !== undefined && parseOrigin(transport, value) === value,
  ]
  return {
    format: [`"${EXPORT_FORMAT}"`, (value) => value === EXPORT_FORMAT],
    version: ['1, the version that is known here', (value) => value === 1],
    sessionId: ['the id of a session', isPortableId],
    did: ['the DID of the session', (value) => DID[1](value) && value === didOf(sessionId)],
    handle: ['a handle, or nothing', (value) => value === undefined || isName(value)],
    issuer: origin,
    tokenEndpoint: ['the https URL of an endpoint', (value) => isEndpoint(transport, value)],
    revocationEndpoint: [
      'the https URL of an endpoint, or nothing',
      (value) => value === undefined || isEndpoint(transport, value),
    ],
    pds: origin,
    scope: SCOPE,
    tokens: OBJECT,
    dpopKey: PRIVATE_KEY,
    clientAuth: ['how its client shows who it is', (value) => isClientAuth(value) && hasShortNames(value)],
    gen: [
      'a whole number from 1',
      (value) => typeof value === 'number' && Number.isInteger(value) && value > 0 && value < MOST_TOKEN_SETS,
    ],
    checkedAt: ['a time in ms since the epoch', isTime],
    status: ['active or needs_reauth', oneOf('active', 'needs_reauth')],
    reason: [
      'a word, or nothing',
      (value) => value === undefined || (isName(value) && /^[a-z_]{1,40}$/.test(value)),
    ],
    createdAt: TIME_OR_NONE,
    endsAt: TIME_OR_NONE,
    attempt: ['an attempt of which nothing is on its way, or null', nullable((value) => hasShape(value, ATTEMPT))],
  }
}
