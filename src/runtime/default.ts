/**
 * The TXT records of a name, each a list of its chunks. Where there are none: an empty list, or a rejection with the
 * `code` that node:dns gives, `ENOTFOUND` or `ENODATA`.
 */
export type ResolveTxt = (
  name: string,
  options: { readonly signal: AbortSignal },
) => Promise<readonly (readonly string[])[]>

/** The error for an address that a host must not lead to; undefined for one that it may. */
export type Refuse = (address: string, host: string) => Error | undefined

/** A private key on the curve secp256k1, as a JWK. */
export interface Secp256k1Key {
  readonly x: string
  readonly y: string
  readonly d: string
}

/** Signs with ECDSA over SHA-256, as 64 bytes. */
export type Sign = (data: Uint8Array) => Uint8Array

/** Takes a private key. Throws for one whose public half is not its own. */
export type ImportSecp256k1 = (key: Secp256k1Key) => Sign

/** WebCrypto knows no such curve. */
export const importSecp256k1: ImportSecp256k1 | undefined = undefined

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

/**
 * Whether what a request of a server begins ends with it, so that no other may wait for it. So it is in Cloudflare's
 * Workers: a fetch, a signal and a timer belong to the request in which they were made.
 */
export function isolatesRequests(): boolean {
  return isWorker()
}

/** Whether `fetch` throws for a `cache` mode: in Cloudflare's Workers, by their compatibility date. */
export function refusesCacheMode(): boolean {
  return isWorker()
}

function isWorker(): boolean {
  // oxlint-disable-next-line no-restricted-globals -- the only place to tell one runtime of this file from another
  return typeof navigator !== 'undefined' && navigator.userAgent === 'Cloudflare-Workers'
}
