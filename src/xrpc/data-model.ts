/**
 * Bytes in JSON: base64, padded or not.
 *
 * @see https://atproto.com/specs/data-model#bytes
 */
export type Bytes = { $bytes: string }

/**
 * A link to content by its hash (CID), in JSON.
 *
 * @see https://atproto.com/specs/data-model#link
 */
export type CidLink = { $link: string }

/**
 * A blob, as the server hands it out after an upload: to be put into a record as it is.
 *
 * @see https://atproto.com/specs/data-model#blob-type
 */
export type BlobRef = {
  $type: 'blob'
  ref: CidLink
  mimeType: string
  /** In bytes. */
  size: number
}

/** An object that a lexicon says nothing of. */
export type UnknownObject = { [field: string]: unknown }

declare const unknownType: unique symbol

/** The `$type` of what a lexicon does not name. No text that is written down is one, so that a misspelt name fails to compile. */
export type UnknownType = string & { readonly [unknownType]: true }

/**
 * What an open union may hold beside the kinds that its lexicon names: `isType` tells those, and `unknownVariant` makes
 * one that is none of them.
 */
export type UnknownVariant = { $type: UnknownType; [field: string]: unknown }
