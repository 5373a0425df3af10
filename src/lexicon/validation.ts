import { jsonToLex, type LexXrpcBody, ValidationError } from '@atproto/lexicon'
import { isJsonObject } from '../syntax/shape.ts'
import { type Json, MAX_DEPTH, MAX_MESSAGE_DEPTH, readDataModel } from './data-model.ts'
import type { KnownLexicons } from './validation-documents.ts'
import { takesJson } from './validation-encoding.ts'
import { readMessage } from './validation-messages.ts'
import { fieldAt, InvalidValue } from './validation-problem.ts'
import { assertStrictly, type Purpose, type Schema } from './validation-schema.ts'

/** What a record is judged by. */
export interface RecordFacts {
  readonly collection: string
  /** What it is called in messages. */
  readonly field: string
  readonly purpose: Purpose
  /** Whether `$type` may be missing, since the server adds it. @default false */
  readonly mayLackType?: boolean
}

/**
 * Judges a record by the lexicon of its collection, which there has to be.
 *
 * @throws InvalidValue
 */
export function judgeRecord(
  lexicons: KnownLexicons,
  value: unknown,
  { collection, field, purpose, mayLackType = false }: RecordFacts,
): void {
  const { record } = lexicons.getDefOrThrow(collection, ['record'])
  const json = readDataModel(value, field, MAX_DEPTH)
  if (!isJsonObject(json)) throw new InvalidValue(field, 'a record, which is an object', json)
  const { $type } = json
  // Exactly: neither #main nor lex: belongs there.
  if ($type !== collection && !(mayLackType && $type === undefined)) {
    throw new InvalidValue(fieldAt(field, '$type'), collection, $type)
  }
  judge(lexicons, { ...json, $type: collection }, { schema: record, field, purpose }, (lex) =>
    lexicons.assertValidRecord(collection, lex),
  )
}

/** A JSON body, and what the lexicon says of it. */
export interface MessageFacts {
  readonly nsid: string
  readonly part: 'input' | 'output'
  /** Undefined where the method has none. */
  readonly body: LexXrpcBody | undefined
}

/**
 * Judges what a method takes or gives in JSON.
 *
 * @param value undefined where there is none
 * @throws InvalidValue
 */
export function judgeMessage(lexicons: KnownLexicons, value: unknown, { nsid, part, body }: MessageFacts): void {
  if (value === undefined) {
    if (body) throw new InvalidValue(part, body.encoding, value)
    return
  }
  if (!body || !takesJson(body.encoding))
    throw new InvalidValue(part, body?.encoding ?? 'none', 'application/json')
  const json = readDataModel(value, part, MAX_MESSAGE_DEPTH)
  const { schema } = body
  if (!schema) return
  const purpose = part === 'input' ? 'write' : 'read'
  judge(lexicons, json, { schema, field: part, purpose }, (lex) =>
    part === 'input' ? lexicons.assertValidXrpcInput(nsid, lex) : lexicons.assertValidXrpcOutput(nsid, lex),
  )
}

/**
 * Says of a check of @atproto/lexicon in our words what it refuses.
 *
 * @param withPath gives a message of its the path from the top, where it lacks it
 */
export function translate(
  check: () => void,
  root: Json,
  field: string,
  withPath: (message: string) => string = String,
): void {
  try {
    check()
  } catch (error) {
    if (error instanceof ValidationError) throw readMessage(withPath(error.message), root, field)
    throw error
  }
}

function judge(
  lexicons: KnownLexicons,
  json: Json,
  { schema, field, purpose }: { readonly schema: Schema; readonly field: string; readonly purpose: Purpose },
  check: (lex: unknown) => void,
): void {
  translate(() => check(withoutInherited(jsonToLex(json))), json, field)
  assertStrictly(lexicons, schema, json, field, purpose)
}

/**
 * A value that was made for this check, as one whose objects have their own fields alone: @atproto/lexicon reads a
 * property called `constructor` or `toString` although the value lacks it.
 */
export function withoutInherited(lex: unknown): unknown {
  if (Array.isArray(lex)) {
    for (const item of lex) withoutInherited(item)
  } else if (isJsonObject(lex) && Object.getPrototypeOf(lex) === Object.prototype) {
    for (const item of Object.values(lex)) withoutInherited(item)
    Object.setPrototypeOf(lex, null)
  }
  return lex
}
