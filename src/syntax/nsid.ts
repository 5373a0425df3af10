import { wrongArgument } from '../errors/wrong-argument.ts'

declare const checked: unique symbol

/** A namespaced identifier that `nsid()` has checked: the name of a method, record or definition. */
export type Nsid = string & { readonly [checked]: true }

const SEGMENT = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?'
const NSID = new RegExp(
  `^[a-zA-Z](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\\.${SEGMENT})+\\.[a-zA-Z][a-zA-Z0-9]{0,62}$`,
)
const MAX_LENGTH = 317

/**
 * Names a method that is not in the registry. A misspelt name of a registered one fails to compile instead.
 *
 * @example
 * await client.get(nsid('com.example.getThings'), { params: { limit: 10 } })
 * @throws TypeError where it is not a well-formed NSID
 * @see https://atproto.com/specs/nsid
 */
export function nsid(name: string): Nsid {
  if (!isNsid(name)) throw wrongArgument('nsid', 'an NSID such as com.example.getThings', name)
  return name
}

/** Whether this is a well-formed NSID. */
export function isNsid(value: string): value is Nsid {
  return value.length <= MAX_LENGTH && NSID.test(value)
}
