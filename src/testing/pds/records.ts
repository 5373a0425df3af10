import { z } from 'zod'
import { isJsonObject } from '../../syntax/shape.ts'
import { recordCid } from './cid.ts'
import type { Schema } from './lexicon-values.ts'
import { toStoredObject } from './stored-value.ts'
import { internalError, invalidRequest } from './xrpc-refusal.ts'

const RAW_CID = /^bafkrei[a-z2-7]{52}$/

/** A blob as a record points to it. */
export interface BlobRef {
  readonly cid: string
  readonly mimeType: string
  readonly size: number
}

/** A record that is ready to be stored. */
export interface PreparedRecord {
  readonly value: object
  readonly cid: string
  readonly blobs: readonly BlobRef[]
  /** Undefined where the caller asked for no validation. */
  readonly validationStatus: 'unknown' | undefined
}

/** Any JSON object that is a record's: the data model has integers only. */
export const recordValue: Schema<Readonly<Record<string, unknown>>> = z
  .record(z.unknown())
  .superRefine((record, context) => {
    for (const { path, number } of numbersOf(record)) {
      if (!Number.isInteger(number)) {
        const kinds = 'null, boolean, integer, string, cid, bytes, array or object'
        context.addIssue({ code: 'custom', message: `Expected one of ${kinds} value type`, path: [...path] })
      }
    }
  })

/** Fills in the `$type` and finds what a record holds. The fake network knows no lexicon, so it validates no record. */
export async function prepareRecord(
  collection: string,
  record: Readonly<Record<string, unknown>>,
  validate: boolean | undefined,
): Promise<PreparedRecord> {
  const { $type = collection } = record
  if ($type !== collection) throw invalidRequest(`Invalid $type: expected ${collection}, got ${String($type)}`)
  if (validate === true) throw invalidRequest(`Unknown lexicon type: ${collection}`)
  if ([...numbersOf(record)].some(({ number }) => !Number.isSafeInteger(number))) throw internalError()
  const value = toStoredObject({ ...record, $type })
  refuseLegacyBlobs(value)
  return {
    value,
    cid: await recordCid(value),
    blobs: [...blobsOf(value)],
    validationStatus: validate === false ? undefined : 'unknown',
  }
}

/** What blobs looked like once: such a record may be read, and not be written any more. */
function refuseLegacyBlobs(value: unknown): void {
  const legacy = legacyBlobSchema.safeParse(value)
  if (legacy.success) throw invalidRequest(`Legacy blobs are not allowed (${legacy.data.cid})`)
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(refuseLegacyBlobs)
}

interface NumberAt {
  readonly number: number
  readonly path: readonly (string | number)[]
}

function* numbersOf(value: unknown, path: readonly (string | number)[] = []): Generator<NumberAt> {
  if (typeof value === 'number') yield { number: value, path }
  if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* numbersOf(item, [...path, index])
  else if (isJsonObject(value))
    for (const [key, item] of Object.entries(value)) yield* numbersOf(item, [...path, key])
}

/** With a field more it is an object like any other. */
const blobSchema = z.strictObject({
  $type: z.literal('blob'),
  ref: z.strictObject({ $link: z.string() }),
  mimeType: z.string(),
  size: z.number(),
})
const legacyBlobSchema = z.strictObject({ cid: z.string().regex(RAW_CID), mimeType: z.string().min(1) })

function* blobsOf(value: unknown): Generator<BlobRef> {
  if (typeof value !== 'object' || value === null) return
  const blob = blobSchema.safeParse(value)
  if (blob.success) {
    const { ref, mimeType, size } = blob.data
    yield { cid: ref.$link, mimeType, size }
    return
  }
  for (const inner of Object.values(value)) yield* blobsOf(inner)
}
