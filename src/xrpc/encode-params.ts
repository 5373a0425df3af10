import { wrongArgument } from '../errors/wrong-argument.ts'

/**
 * Writes parameters as a query string: arrays as repeated names, booleans as words, what is undefined not at all.
 *
 * @throws TypeError for anything else
 * @see https://atproto.com/specs/xrpc#lexicon-http-endpoints
 */
export function encodeParams(params: Readonly<Record<string, unknown>> | undefined): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params ?? {})) {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value]
    for (const item of values) if (item !== undefined) query.append(name, encodeParam(name, item))
  }
  return query.size > 0 ? `?${query}` : ''
}

function encodeParam(name: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'boolean') return String(value)
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value)
  throw wrongArgument(`params.${name}`, 'a string, a boolean, an integer, or an array of them', value)
}
