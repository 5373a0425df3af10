import { wrongArgument } from '../errors/wrong-argument.ts'

const RECORD_KEY = /^[\w.:~-]{1,512}$/

/**
 * Whether this is a well-formed record key: 1 to 512 letters, digits and `. - _ : ~`, neither `.` nor `..`. A lexicon can
 * ask for more, a TID for one.
 *
 * @see https://atproto.com/specs/record-key
 */
export function isRecordKey(value: string): boolean {
  return RECORD_KEY.test(value) && value !== '.' && value !== '..'
}

/** @throws TypeError where a caller gave what is no record key */
export function assertRecordKey(rkey: unknown): void {
  if (typeof rkey === 'string' && isRecordKey(rkey)) return
  throw wrongArgument('rkey', 'a record key: 1 to 512 of A-Z a-z 0-9 . - _ : ~, but not . or ..', rkey)
}
