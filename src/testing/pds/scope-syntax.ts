/** A scope such as `repo:com.example.note?action=create`, taken apart and not yet understood. */
export interface ScopeParts {
  readonly resource: string
  readonly positional: string | undefined
  readonly params: URLSearchParams
}

/** Characters that a scope shows as they are, where a query string would escape them. */
const BARE = /%(?:3A|2F|2B|2C|40|25)/gi

/** Takes a scope apart; undefined where an escape in it is broken. */
export function parseScope(scope: string): ScopeParts | undefined {
  const [, resource = '', positional, query] = /^([^:?]*)(?::([^?]*))?(?:\?(.*))?$/s.exec(scope) ?? []
  try {
    return {
      resource,
      positional: positional && decodeURIComponent(positional),
      params: new URLSearchParams(query),
    }
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}

/** The scope that would have been enough, as a refusal names it. */
export function formatScope(
  resource: string,
  positional: string,
  params: Readonly<Record<string, string>> = {},
): string {
  const query = new URLSearchParams(params).toString().replace(BARE, decodeURIComponent)
  const name = encodeURIComponent(positional).replace(BARE, decodeURIComponent)
  return `${resource}:${name}${query && `?${query}`}`
}

/** The values of a parameter that may be given once in the middle (`repo:<nsid>`), or by its name, and not both. */
export function readValues({ positional, params }: ScopeParts, name: string): readonly string[] {
  if (positional === undefined) return params.getAll(name)
  return params.has(name) ? [] : [positional]
}
