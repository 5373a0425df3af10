import { validator } from 'atproof/lexicon'
import { EVERY_FIELD } from '../../fuzz/every-field.ts'

/** A link to raw bytes, as that of a blob is. */
export const LINK = 'bafkreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'
/** A link to what a repository holds. */
export const CBOR_LINK = 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'
export const BLOB = { $type: 'blob', ref: { $link: LINK }, mimeType: 'image/png', size: 1000 }

/** The fewest fields that a record of `com.example.every` can have. */
export const RECORD = { $type: 'com.example.every', needed: 'ab', integer: 1 }

const every = validator([EVERY_FIELD])

/** What does not fit in a record that has these fields, in a line; undefined where all does. */
export function mistakeWith(fields: object): string | undefined {
  return every.findMistake('com.example.every', { ...RECORD, ...fields })?.message
}
