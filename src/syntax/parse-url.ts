/**
 * Reads a URL; undefined where it is none. Not `URL.canParse`, which on Node takes a host of 100,000 characters that the
 * constructor then refuses.
 */
export function parseUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base)
  } catch {
    // The one thing it throws for is a text that is no URL.
    return undefined
  }
}
