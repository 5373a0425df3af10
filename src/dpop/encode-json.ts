import { escapeUnit } from '../errors/show.ts'
import { encodeBinary } from '../syntax/base64url.ts'

/**
 * Writes a value as JSON and that as base64url. What is not ASCII is escaped in the JSON, so that no text has to become
 * bytes first: two parts of each proof are made here, and a proof stands on the path of every request.
 */
export function encodeJson(value: object): string {
  return encodeBinary(JSON.stringify(value).replace(/[\u0080-\uffff]/g, escapeUnit))
}
