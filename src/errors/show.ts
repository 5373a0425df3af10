/** A value as a message names it: short, and with what a reader would not see escaped. */
export function show(found: unknown): string {
  if (found === undefined || typeof found === 'function' || typeof found === 'symbol') return typeof found
  if (typeof found === 'bigint') return `${found}n`
  if (typeof found === 'number') return String(found)
  if (typeof found !== 'object') return shorten(JSON.stringify(found))
  if (found === null) return 'null'
  return Array.isArray(found) ? `an array of ${found.length}` : 'an object'
}

/** What a reader does not see, or takes for something else: marks without a width, controls, blanks other than the common one. */
const UNSEEN = /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu

/** The first 200 characters, those that are not seen as JSON would escape them. */
export function shorten(text: string): string {
  const start = text.slice(0, 200).replace(UNSEEN, escaped)
  return text.length > 200 ? `${start}…` : start
}

function escaped(mark: string): string {
  return Array.from({ length: mark.length }, (_, at) => `\\u${hex(mark.charCodeAt(at))}`).join('')
}

function hex(unit: number): string {
  return unit.toString(16).padStart(4, '0')
}
