/** A decentralised identifier: `did:plc:…` or `did:web:…`. Case-sensitive. */
export type Did = `did:${string}:${string}`

const DID = /^did:[a-z0-9]+:(?:[\w.:-]|%[\dA-F]{2})*(?:[\w.-]|%[\dA-F]{2})$/
/** The longest DID that is taken, in characters: the specification's own bound. */
export const LONGEST_DID = 2048

/**
 * Whether this is a well-formed DID, of any method.
 *
 * @see https://www.w3.org/TR/did-core/#did-syntax
 */
export function isDid(value: unknown): value is Did {
  return typeof value === 'string' && value.length <= LONGEST_DID && DID.test(value)
}
