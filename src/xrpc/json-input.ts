import type { RequestBody } from '../syntax/platform.ts'

/** A body as it is sent, and whether it can be sent again. */
export interface OutgoingBody {
  readonly body: (() => RequestBody | Promise<RequestBody>) | undefined
  readonly isRepeatable: boolean
}

/** The body of a call, and its media type. */
export interface OutgoingInput extends OutgoingBody {
  readonly type: string | undefined
  /** Whether it is JSON, rather than something that is sent as it is. */
  readonly isJson: boolean
  /** Lets go of what was made and never sent. */
  readonly discard?: () => void
}

/** Whether this is certainly JSON, or nothing: anything else is looked at closer, by what few calls need. */
export function isPlain(input: unknown): boolean {
  if (typeof input !== 'object' || input === null) return typeof input !== 'function'
  const prototype: unknown = Object.getPrototypeOf(input)
  return prototype === Object.prototype || prototype === null || Array.isArray(input)
}

/** An input as JSON, or none. */
export function jsonInput(input: unknown): OutgoingInput {
  const text: string | undefined = JSON.stringify(input)
  const whole = { isRepeatable: true, isJson: true }
  if (text === undefined) return { body: undefined, type: undefined, ...whole }
  return { body: () => text, type: 'application/json', ...whole }
}
