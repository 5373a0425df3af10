import { isJsonObject } from '../../syntax/shape.ts'

/**
 * A value of a record as the reference server gives it back. There it was DAG-CBOR in between, so that bytes are bytes
 * however their base64 was written, and text is UTF-8.
 */
export function toStoredValue(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map(toStoredValue)
  if (!isJsonObject(value)) return value
  return readBytes(value) ?? toStoredObject(value)
}

/** The same of an object that stands for itself, such as a record. */
export function toStoredObject(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).map(([name, inner]) => [name.toWellFormed(), toStoredValue(inner)]),
  )
}

/** Bytes in the one way to write them: the usual alphabet, and no padding. */
function readBytes(object: Readonly<Record<string, unknown>>): { readonly $bytes: string } | undefined {
  const { $bytes: written, ...others } = object
  if (typeof written !== 'string' || Object.keys(others).length > 0) return undefined
  const text = written.replace(/={1,2}$/, '')
  if (!/^[\w+/-]*$/.test(text) || text.length % 4 === 1) return undefined
  const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return { $bytes: btoa(bytes).replace(/=+$/, '') }
}
