import { z } from 'zod'
import { isHandle } from '../../syntax/handle.ts'
import { isNsid } from '../../syntax/nsid.ts'
import { isCid } from './cid.ts'

/** What a value has to be, however it came. */
export type Schema<T> = z.ZodType<T, z.ZodTypeDef, unknown>

const DID = /^did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]$/
const RECORD_KEY = /^[\w.:~-]+$/

// The formats of lexicons. `explain` adds what came instead.
export const did: z.ZodType<string> = z.string().refine(isDid, 'Invalid DID')
export const handle: z.ZodType<string> = z
  .string()
  .refine((text) => isHandle(text.toLowerCase()), 'Invalid handle')
export const atIdentifier: z.ZodType<string> = z
  .string()
  .refine((text) => isDid(text) || isHandle(text.toLowerCase()), 'Invalid AT identifier')
export const nsid: z.ZodType<string> = z.string().refine(isNsid, 'Invalid NSID')
export const cid: z.ZodType<string> = z.string().refine(isCid, 'Invalid CID string')
export const recordKey: z.ZodType<string> = z
  .string()
  .max(512)
  .refine((text) => RECORD_KEY.test(text) && text !== '.' && text !== '..', 'Invalid record key')

/** A number in a query string. */
export function integer(range: { readonly min?: number; readonly max?: number } = {}): Schema<number> {
  const { min = -Infinity, max = Infinity } = range
  return z.string().transform((text, context) => {
    const number = Number(text)
    const fail = (message: string, isWhole = true) => {
      context.addIssue({ code: 'custom', message, params: { isWhole } })
      return z.NEVER
    }
    if (!/^-?\d+$/.test(text)) return fail('Expected integer value type', false)
    if (number < min) return fail(`integer too small (minimum ${min}, got ${number})`)
    return number > max ? fail(`integer too big (maximum ${max}, got ${number})`) : number
  })
}

/** A boolean in a query string. */
export const flag: Schema<boolean> = z
  .string()
  .refine((text) => text === 'true' || text === 'false', 'Expected boolean value type')
  .transform((text) => text === 'true')

export function isDid(text: string): boolean {
  return text.length <= 2048 && DID.test(text)
}
