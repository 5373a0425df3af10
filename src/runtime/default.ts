/** Looks up the TXT records of a name: each record is a list of its chunks. */
export type ResolveTxt = (
  name: string,
  options: { readonly signal: AbortSignal },
) => Promise<readonly (readonly string[])[]>

/** No DNS here: browsers and Workers ask over HTTPS. */
export const resolveTxt: ResolveTxt | undefined = undefined

/** The runtime's own fetch. It connects where it will; only names and literals were checked before. */
export function createFetch(
  _refuse: (address: string) => Error | undefined,
  _unguarded: ReadonlySet<string>,
): (url: string, init: RequestInit) => Promise<Response> {
  return (url, init) => fetch(url, init)
}

/** A failed fetch says nothing here of how far it came. */
export function isUnsent(_error: unknown): boolean {
  return false
}
