import type { AuthorizationError } from '../../errors/authorization-error.ts'
import { decodeBase64url } from '../../syntax/base64url.ts'
import { isJsonObject } from '../../syntax/shape.ts'
import { clientDeploymentError } from './client-deployment-error.ts'
import type { SignedAssertion } from './client-assertion.ts'

/** What a signer was asked for. */
export interface AskedAssertion {
  readonly audience: string
  readonly clientId: string
  readonly dpopJkt: string
}

/** A SHA-256 as base64url. */
const THUMBPRINT = /^[\w-]{43}$/
const JWT = /^([\w-]+)\.([\w-]+)\.[\w-]+$/

/**
 * Reads what a signer answered: an assertion that says what it must, and the key it names. Its signature is the
 * server's to verify.
 *
 * @throws AuthorizationError `assertion_invalid` that names the member and never shows the assertion
 * @see RFC 7523 §3
 */
export function readAssertion(answer: unknown, asked: AskedAssertion): SignedAssertion & { readonly id: string } {
  if (!isJsonObject(answer))
    throw invalid('signAssertion', 'an object with assertion, kid, alg and jkt', typeof answer)
  const { assertion, kid, alg, jkt } = answer
  if (!isName(kid)) throw invalid('kid', 'the name of the key', typeof kid)
  if (!isName(alg) || alg === 'none' || alg.startsWith('HS')) {
    throw invalid('alg', 'an algorithm of key pairs', isName(alg) ? alg : typeof alg)
  }
  if (typeof jkt !== 'string' || !THUMBPRINT.test(jkt)) {
    throw invalid('jkt', "the SHA-256 thumbprint of the key's public half, as base64url", typeof jkt)
  }
  const [, head, body] = (typeof assertion === 'string' && JWT.exec(assertion)) || []
  const header = readPart(head)
  const claims = readPart(body)
  if (typeof assertion !== 'string' || !header || !claims) {
    throw invalid('assertion', 'a JWT of three parts, the first two of them JSON', typeof assertion)
  }
  if (header['alg'] !== alg) throw invalid('assertion.alg', alg, describe(header['alg']))
  if (header['kid'] !== kid) throw invalid('assertion.kid', kid, describe(header['kid']))
  const { aud, jti, iat, exp, cnf } = claims
  for (const name of ['iss', 'sub'] as const) {
    if (claims[name] !== asked.clientId) throw invalid(`assertion.${name}`, asked.clientId, describe(claims[name]))
  }
  // More than one audience: another server could use it.
  const audience: unknown = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud
  if (audience !== asked.audience) throw invalid('assertion.aud', asked.audience, describe(audience))
  if (!isName(jti)) throw invalid('assertion.jti', 'an id of its own', describe(jti))
  if (typeof iat !== 'number') throw invalid('assertion.iat', 'a time in seconds since the epoch', describe(iat))
  if (typeof exp !== 'number' || exp <= iat) throw invalid('assertion.exp', 'a time after `iat`', describe(exp))
  const bound = isJsonObject(cnf) ? cnf['jkt'] : undefined
  if (bound !== undefined && bound !== asked.dpopJkt) {
    throw invalid('assertion.cnf.jkt', asked.dpopJkt, describe(bound))
  }
  return { assertion, kid, alg, jkt, id: jti }
}

function invalid(field: string, expected: string, found: unknown): AuthorizationError {
  return clientDeploymentError('assertion_invalid', { field, expected, found })
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** What stands in a claim may be shown where it is a plain one; a signer's mistake could put anything there. */
function describe(value: unknown): unknown {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return typeof value
  return /^ey[\w-]+\./.test(value) ? 'a JWT' : value
}

function readPart(part: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (part === undefined) return undefined
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(decodeBase64url(part)))
    return isJsonObject(value) ? value : undefined
  } catch {
    // Not base64url of JSON: the caller says what it expected.
    return undefined
  }
}
