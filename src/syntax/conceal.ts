/** A text that is shorter may be a part of any word: taken out of what somebody says, it would leave nothing to read. */
export const SHORTEST_SECRET = 16

/** A text without the secrets that somebody may have repeated in it. */
export function conceal(text: string, secrets: readonly string[]): string {
  // The longest first: one may be a part of another.
  const longestFirst = secrets.filter((secret) => secret !== '').toSorted((a, b) => b.length - a.length)
  return longestFirst.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text)
}
