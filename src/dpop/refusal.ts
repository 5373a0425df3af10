import { isJsonResponse, readJson } from '../http/body.ts'
import { isJsonObject } from '../syntax/shape.ts'
import { challengeError } from '../http/challenge.ts'

const MAX_ERROR_BYTES = 64 * 1024

/**
 * Why a server refused a request that carried a proof: `use_dpop_nonce`, `invalid_dpop_proof`, `invalid_token` and the
 * like. An authorization server says so in JSON with 400, a PDS in `WWW-Authenticate` with 401; either is read from
 * both. The response's body stays unread.
 *
 * @see RFC 9449 §7.1, §8
 */
export async function refusalOf(response: Response): Promise<string | undefined> {
  if (response.status !== 400 && response.status !== 401) return undefined
  const header = response.headers.get('www-authenticate')
  const challenged = challengeError(header, 'dpop')
  if (challenged !== undefined || !isJsonResponse(response)) return challenged
  try {
    const body = await readJson(response.clone(), MAX_ERROR_BYTES)
    const error = isJsonObject(body) ? body['error'] : undefined
    // Beside a challenge of another kind, a body speaks of the method, not of the proof; but a nonce is asked for in it.
    const speaksOfProof = header === null || error === 'use_dpop_nonce'
    return typeof error === 'string' && speaksOfProof ? error : undefined
  } catch {
    // The copy broke off: whoever reads the response itself will meet the same failure and name it.
    return undefined
  }
}
