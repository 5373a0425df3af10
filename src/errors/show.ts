/** A value as a message names it: short, and with what a reader would not see escaped. */
export function show(found: unknown): string {
  if (Array.isArray(found)) return `an array of ${found.length}`
  if (typeof found === 'object') return found ? 'an object' : 'null'
  if (typeof found === 'string') return shorten(JSON.stringify(found))
  if (typeof found === 'bigint') return `${found}n`
  return typeof found === 'number' || typeof found === 'boolean' ? String(found) : typeof found
}

/** What a reader does not see, or takes for something else: marks without a width, controls, blanks other than the common one. */
const UNSEEN = /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu

/** The first 200 characters, those that are not seen as JSON would escape them. */
export function shorten(text: string): string {
  // Unit by unit: a mark may have two.
  const start = text.slice(0, 200).replace(UNSEEN, (mark) => mark.replace(/[^]/g, escapeUnit))
  return text.length > 200 ? `${start}…` : start
}

/** A unit of UTF-16 as JSON escapes it. */
export function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
