import { createHash, randomBytes } from 'node:crypto'
import { hasShape, isJsonObject, isNumber, isText, oneOf, optional } from '../../syntax/shape.ts'
import { copyValue } from '../copy-value.ts'
import type { StoredValue } from '../storage.ts'
import { isMoment, type Moment } from './moment.ts'

/** What a version of an entry says: a value, or that it was deleted. */
export type VersionContent = ValueContent | { readonly isDeleted: true }

/** A value, until a time in ms since the epoch, or Infinity. */
export interface ValueContent {
  readonly value: StoredValue
  readonly expiresAt: number
  readonly isDeleted?: undefined
}

/** A version as its file has it. */
export interface VersionFile {
  readonly key: string
  readonly version: string
  readonly written: Moment
  readonly content: VersionContent
}

interface Frame {
  readonly format: string
  readonly key: string
  readonly version: string
  readonly written: Moment
  readonly expiresAt: number | undefined
  readonly deleted: true | undefined
}

const FORMAT = 'atproof entry 1'

/** The name of version `number`. */
export function versionFileName(number: number): string {
  return `${number}.json`
}

/** The number of the version that a file of this name is; undefined for other files. */
export function versionNumber(name: string): number | undefined {
  const match = /^([1-9]\d{0,14})\.json$/.exec(name)
  return match ? Number(match[1]) : undefined
}

/** The public name of a version. Its number recurs once an entry is deleted; this never does. */
export function createVersion(number: number): string {
  return `${number}-${randomBytes(16).toString('base64url')}`
}

/** The text of a version's file. */
export function formatVersion({ key, version, written, content }: VersionFile): string {
  const rest = content.isDeleted
    ? { deleted: true }
    : { ...(Number.isFinite(content.expiresAt) && { expiresAt: content.expiresAt }), value: content.value }
  return `${JSON.stringify({ format: FORMAT, key, version, written, ...rest })}\n`
}

/** Reads the text of a version's file. Undefined for what was cut off, and for what is no such file. */
export function parseVersion(text: string, number: number): VersionFile | undefined {
  const parsed = parseJson(text)
  if (!isFrame(parsed) || !parsed.version.startsWith(`${number}-`)) return undefined
  const { key, version, written } = parsed
  if (parsed.deleted) return { key, version, written, content: { isDeleted: true } }
  if (!isJsonObject(parsed) || parsed.value === undefined) return undefined
  try {
    const value = copyValue(parsed.value, { keepsCryptoKeys: false })
    return { key, version, written, content: { value, expiresAt: parsed.expiresAt ?? Infinity } }
  } catch {
    return undefined // Nested deeper than anything that was put.
  }
}

/**
 * What a file is called that cannot be read. It is a version like any other: whoever knows it can put over it, or delete
 * it, and nobody does so unawares. A file that was changed once more has another.
 */
export function corruptVersion(number: number, bytes: Uint8Array, changedAt: number): string {
  const hash = createHash('sha256').update(`${changedAt}\n`).update(bytes)
  return `${number}-corrupt-${hash.digest('base64url')}`
}

function isFrame(value: unknown): value is Frame {
  return hasShape<Frame>(value, {
    format: oneOf(FORMAT),
    key: isText,
    version: isText,
    written: isMoment,
    expiresAt: optional(isNumber),
    deleted: optional(oneOf(true)),
  })
}

/** The parser's own error is not kept: it quotes the text, which is a secret. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
