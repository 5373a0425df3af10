import { wrongArgument } from '../errors/wrong-argument.ts'
import { isNsid } from '../syntax/nsid.ts'
import { isJsonObject } from '../syntax/shape.ts'
import { assertOptions, CALL_OPTIONS } from './assert-options.ts'
import { outgoingInput } from './body.ts'
import type { Call } from './call.ts'
import { type ClientSettings, requestHeaders } from './client-settings.ts'
import type { OutgoingInput } from './json-input.ts'
import { type CallPlan, callPath } from './plan-usual-call.ts'

/**
 * Plans a call with all that can be said of one.
 *
 * @throws TypeError for what cannot be sent, or does not fit the method
 */
export function planCall(call: Call, settings: ClientSettings): CallPlan {
  const { nsid, method, options } = call
  if (typeof nsid !== 'string' || !isNsid(nsid))
    throw wrongArgument('nsid', 'an NSID such as com.example.getThings', nsid)
  assertOptions('options', options, CALL_OPTIONS)
  if (method === 'GET' && options.input !== undefined) {
    throw wrongArgument('input', 'none: a query takes `params` only', options.input)
  }
  const { validate } = settings
  const params = isJsonObject(options.params) ? options.params : undefined
  return {
    path: callPath(nsid, validate ? validate.params(nsid, params) : params),
    headers: headersOf(call, settings),
    makeInput: () => makeInput(call, settings),
    settings,
  }
}

/** A content type says what the input is, and stands where there is one. */
function headersOf({ options: { headers: own, as } }: Call, settings: ClientSettings): Headers {
  const headers = requestHeaders(settings, own)
  if (as === undefined) headers.set('accept', 'application/json')
  else if (!headers.has('accept')) headers.set('accept', '*/*')
  headers.delete('content-type')
  return headers
}

/** The input as it is sent, once it is known to fit the method. */
async function makeInput({ nsid, method, options }: Call, { validate }: ClientSettings): Promise<OutgoingInput> {
  const made = await outgoingInput(options.input, options.encoding)
  if (method === 'GET') return made
  try {
    if (made.isJson) validate?.input(nsid, options.input)
    else validate?.inputEncoding(nsid, made.type ?? '')
    return made
  } catch (error) {
    made.discard?.()
    throw error
  }
}
