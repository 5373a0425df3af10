import { isNsid } from '../syntax/nsid.ts'
import { isJsonObject } from '../syntax/shape.ts'
import type { Call } from './call.ts'
import type { ClientSettings } from './client-settings.ts'
import { encodeParams } from './encode-params.ts'
import { isPlain, jsonInput, type OutgoingInput } from './json-input.ts'

/** A call as it is to be made. */
export interface CallPlan {
  /** Its path on the server, with the parameters. */
  readonly path: string
  /** All but the type of the input. */
  readonly headers: Headers
  readonly makeInput: () => OutgoingInput | Promise<OutgoingInput>
  readonly settings: ClientSettings
}

/**
 * Plans a call as most are: by the defaults, with parameters, and an input that is certainly JSON.
 *
 * @returns undefined for any other, right or wrong: `planCall` looks at it closely
 * @throws TypeError for parameters that cannot be sent
 */
export function planUsualCall({ nsid, method, options }: Call): CallPlan | undefined {
  if (typeof nsid !== 'string' || !isNsid(nsid) || !isJsonObject(options)) return undefined
  const { params = {}, input, signal, ...others } = options
  if (Object.keys(others).length > 0 || !isJsonObject(params) || !isPlain(input)) return undefined
  if (signal !== undefined && !(signal instanceof AbortSignal)) return undefined
  if (method === 'GET' && input !== undefined) return undefined
  return {
    path: callPath(nsid, params),
    headers: new Headers({ accept: 'application/json' }),
    makeInput: () => jsonInput(input),
    settings: {},
  }
}

/** Where a method is called. */
export function callPath(nsid: string, params: Readonly<Record<string, unknown>> | undefined): string {
  return `/xrpc/${nsid}${encodeParams(params)}`
}
