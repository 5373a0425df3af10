import { createHash } from 'node:crypto'
import { wrongArgument } from '../../errors/wrong-argument.ts'

/** What the name of an entry's folder ends in. No other folder's does, so that `a` and `a/b` can both be keys. */
export const ENTRY_SUFFIX = '.entry'

/** More slashes than these make no more folders, so that no path grows past what a file system takes. */
const MOST_FOLDERS = 8
/** A longer name is cut and hashed: 255 bytes is what most file systems take, 143 what encrypting ones do. */
const LONGEST_NAME = 134
const KEPT_OF_LONG_NAME = 60

/** Names that Windows gives to devices. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)$/
/** Ends a name that could not stand by itself. What is escaped has two digits after each `%`, so that it is told apart. */
const MARK = '%'
const HASHED = '~'

/**
 * The folders of a key, from the top, the last of them its entry's: its parts between slashes, with all but lower-case
 * letters, digits, `-` and `_` percent-encoded. So keys that differ in case only differ on every file system, and no
 * part is `.` or `..`.
 *
 * @throws TypeError for a lone surrogate
 */
export function keyNames(key: string): readonly string[] {
  if (!key.isWellFormed()) throw wrongArgument('key', 'well-formed Unicode', key)
  const parts = split(key)
  return parts.map((part, at) => nameOf(part) + (at === parts.length - 1 ? ENTRY_SUFFIX : ''))
}

/** The key whose folders have these names. Undefined where one of them is hashed, or no name of ours. */
export function keyOfNames(names: readonly string[]): string | undefined {
  const parts = names.map((name) => name.replace(ENTRY_SUFFIX, '').replace(/%$/, ''))
  try {
    const key = parts.map((part) => decodeURIComponent(part)).join('/')
    return keyNames(key).join('/') === names.join('/') ? key : undefined
  } catch {
    return undefined // Somebody else's name; what is not ours has no key.
  }
}

/** Where the keys that begin with a prefix are: in these folders, under names that {@link couldBegin} with the rest. */
export function prefixNames(prefix: string): { readonly folders: readonly string[]; readonly rest: string } {
  // Half a surrogate pair at the end is a prefix as well. Names are only the first sieve: the keys are compared too.
  const [whole = ''] = prefix.split(/\p{Surrogate}/u)
  const parts = split(whole)
  return { folders: parts.slice(0, -1).map(nameOf), rest: escapePart(parts.at(-1) ?? '') }
}

/** Whether the part of a key that has this name can begin with an escaped text. */
export function couldBegin(name: string, escaped: string): boolean {
  const [known = ''] = name.split(HASHED)
  return known.startsWith(escaped) || (name.includes(HASHED) && escaped.startsWith(known))
}

function split(key: string): readonly string[] {
  const parts = key.split('/')
  return parts.length <= MOST_FOLDERS
    ? parts
    : [...parts.slice(0, MOST_FOLDERS - 1), parts.slice(MOST_FOLDERS - 1).join('/')]
}

function nameOf(part: string): string {
  const escaped = escapePart(part)
  if (escaped === '' || DEVICE.test(escaped)) return escaped + MARK
  if (escaped.length <= LONGEST_NAME) return escaped
  return escaped.slice(0, KEPT_OF_LONG_NAME) + HASHED + createHash('sha256').update(part).digest('hex')
}

function escapePart(part: string): string {
  return encodeURIComponent(part).replace(/%..|[A-Z.!~*'()]/g, (match) =>
    match.length > 1 ? match.toLowerCase() : `%${match.charCodeAt(0).toString(16)}`,
  )
}
