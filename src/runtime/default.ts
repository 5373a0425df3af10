/** Looks up the TXT records of a name: each record is a list of its chunks. */
export type ResolveTxt = (
  name: string,
  options: { readonly signal: AbortSignal },
) => Promise<readonly (readonly string[])[]>

/** The error for an address that a host must not lead to; undefined for one that it may. */
export type Refuse = (address: string, host: string) => Error | undefined

/** No DNS here: browsers and Workers ask over HTTPS. */
export const resolveTxt: ResolveTxt | undefined = undefined

/**
 * The runtime's own fetch. It connects where it will: only names and literals were checked before, so that a public name
 * which resolves to a private address is not seen. Browsers and Workers have rules of their own for that; on Bun and Deno
 * a server gives a `fetch` that guards its network, or runs where there is nothing to reach.
 */
export function createFetch(
  _refuse: Refuse,
  _unguarded: ReadonlySet<string>,
): (url: string, init: RequestInit) => Promise<Response> {
  return (url, init) => fetch(url, init)
}

/** A failed fetch says nothing here of how far it came. */
export function isUnsent(_error: unknown): boolean {
  return false
}
