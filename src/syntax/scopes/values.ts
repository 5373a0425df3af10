import { isNsid, type Nsid } from '../nsid.ts'

/** A service of a DID, as scopes and proxying name it: `did:web:api.example.com#example_appview`. */
export type ServiceReference = `did:${string}:${string}#${string}`

/** Types of media: `image/png`, `image/*`, or all of them. */
export type MediaRange = '*/*' | `${string}/${string}`

/** What can be done to a record. */
export type RepoAction = 'create' | 'update' | 'delete'

/** What a parameter of a scope may hold, in words and as a check. */
export interface ValueRule<Value extends string> {
  readonly expected: string
  readonly isRight: (value: string) => value is Value
}

export const REPO_ACTIONS: readonly RepoAction[] = ['create', 'update', 'delete']

const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?'
const HOST = `(?:${LABEL}\\.)*[a-zA-Z](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?`
// RFC 3986 §3.5
const FRAGMENT = "(?:[\\w.~!$&'()*+,;=:@/?-]|%[0-9a-fA-F]{2})+"
// A did:web of this protocol has no path, and a port on localhost only, for development.
const SERVICE = new RegExp(
  `^did:(?:plc:[a-z2-7]{24}|web:localhost%3A[0-9]{1,5}|web:(?=[^#]{1,253}#)${HOST})#${FRAGMENT}$`,
)

// RFC 9110 §8.3.1, without the `*`, which is a wildcard here.
const TYPE = "[\\w!#$%&'+.^`|~-]+"
const MEDIA_RANGE = new RegExp(`^(?:\\*/\\*|${TYPE}/(?:\\*|${TYPE}))$`)

export const NSID: ValueRule<Nsid> = { expected: 'an NSID such as com.example.authBasic', isRight: isNsid }

/** Of collections and methods. A wildcard is all of them, never a part: not `com.example.*`. */
export const NSID_OR_ALL: ValueRule<Nsid | '*'> = {
  expected: 'an NSID such as com.example.note, or * for all',
  isRight: (value) => value === '*' || isNsid(value),
}

export const SERVICE_REFERENCE: ValueRule<ServiceReference> = {
  expected: 'a DID with the service behind a #, such as did:web:api.example.com#example_appview',
  isRight: isServiceReference,
}

export const SERVICE_OR_ALL: ValueRule<ServiceReference | '*'> = {
  expected: `${SERVICE_REFERENCE.expected}, or * for any`,
  isRight: (value) => value === '*' || isServiceReference(value),
}

export const MEDIA: ValueRule<MediaRange> = {
  expected: 'a type of media such as image/png, image/* or */*',
  isRight: (value): value is MediaRange => MEDIA_RANGE.test(value),
}

/** One of a few words. */
export function oneWordOf<const Word extends string>(...words: readonly Word[]): ValueRule<Word> {
  return {
    expected: words.join(' or '),
    isRight: (value): value is Word => words.some((word) => word === value),
  }
}

function isServiceReference(value: string): value is ServiceReference {
  return SERVICE.test(value)
}
