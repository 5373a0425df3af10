import { readJson } from '../http/body.ts'
import { exchange, type RequestLimits } from '../http/exchange.ts'
import type { Transport } from '../http/transport.ts'
import { MAX_SERVER_ANSWER_BYTES } from '../flow/limits.ts'
import { conceal } from '../syntax/conceal.ts'
import { isJsonObject } from '../syntax/shape.ts'

/** A request to a server's own account methods. */
export interface ServerCall {
  /** Origin of the server. */
  readonly server: string
  /** The part of the method's name after `com.atproto.server.` */
  readonly method: 'createSession' | 'refreshSession' | 'deleteSession'
  /** What authorises it. */
  readonly token?: string | undefined
  readonly input?: Readonly<Record<string, string>> | undefined
}

/** What a server answered. */
export interface ServerAnswer {
  readonly status: number
  /** The JSON object, or undefined where the body is something else. */
  readonly body: Readonly<Record<string, unknown>> | undefined
  /** The `error` of an XRPC error, as it came: to be compared with, and never shown. */
  readonly error: string | undefined
  /** The error as it may be shown: without any secret that the server may have repeated. */
  readonly found: string
  /** What the server said of it, likewise. */
  readonly detail: string | undefined
  readonly url: string
  readonly response: Response
}

/**
 * Calls a method that begins, renews or ends a session of a password. A procedure without input is sent without a body:
 * the reference server refuses one.
 *
 * @throws NetworkError
 * @see https://atproto.com/specs/xrpc
 */
export function callServer(
  transport: Transport,
  { server, method, token, input }: ServerCall,
  limits: RequestLimits,
): Promise<ServerAnswer> {
  const url = `${server}/xrpc/com.atproto.server.${method}`
  const headers = new Headers({ accept: 'application/json' })
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
  if (input) headers.set('content-type', 'application/json')
  const init = { method: 'POST', headers, body: input ? JSON.stringify(input) : null }
  const secrets = [token ?? '', input?.['password'] ?? '', input?.['authFactorToken'] ?? '']
  return exchange(transport, { url, init }, limits, async (response) => {
    const json = await readJson(response, MAX_SERVER_ANSWER_BYTES)
    const body = isJsonObject(json) ? json : undefined
    const error = textOf(body?.['error'])
    const message = textOf(body?.['message'])
    return {
      status: response.status,
      body,
      error,
      found: conceal(`${response.status} ${error ?? ''}`.trim(), secrets),
      detail: message === undefined ? undefined : conceal(message, secrets),
      url,
      response,
    }
  })
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
