import { isJsonObject } from '../syntax/shape.ts'
import { fieldAt } from './validation-problem.ts'

/** A record inside what a method of `com.atproto.repo` takes or gives, for which its own lexicon says only `unknown`. */
export interface RecordInside {
  readonly collection: string
  readonly value: unknown
  /** What it is called in messages. */
  readonly field: string
}

/** The records that a call is about to write; none where it asks the server not to check them. */
export function recordsWritten(nsid: string, input: unknown): readonly RecordInside[] {
  if (!isJsonObject(input) || input['validate'] === false) return []
  const { collection, record, writes } = input
  switch (nsid) {
    case 'com.atproto.repo.createRecord':
    case 'com.atproto.repo.putRecord':
      return recordInside(collection, record, 'input.record')
    case 'com.atproto.repo.applyWrites':
      return toArray(writes).flatMap((write, index) =>
        isJsonObject(write) && 'value' in write
          ? recordInside(write['collection'], write['value'], `${fieldAt('input.writes', index)}.value`)
          : [],
      )
    default:
      return []
  }
}

/** The records that an answer brings. */
export function recordsRead(nsid: string, output: unknown): readonly RecordInside[] {
  if (!isJsonObject(output)) return []
  switch (nsid) {
    case 'com.atproto.repo.getRecord':
      return typedRecord(output['value'], 'output.value')
    case 'com.atproto.repo.listRecords':
      return toArray(output['records']).flatMap((item, index) =>
        isJsonObject(item) ? typedRecord(item['value'], `${fieldAt('output.records', index)}.value`) : [],
      )
    default:
      return []
  }
}

function typedRecord(value: unknown, field: string): readonly RecordInside[] {
  return isJsonObject(value) ? recordInside(value['$type'], value, field) : []
}

function recordInside(collection: unknown, value: unknown, field: string): readonly RecordInside[] {
  return typeof collection === 'string' ? [{ collection, value, field }] : []
}

function toArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
