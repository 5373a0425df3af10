/**
 * Writes a value as JSON and that as base64url. What is not ASCII is escaped in the JSON, so that no text has to become
 * bytes first: two parts of each proof are made here, and a proof stands on the path of every request.
 */
export function encodeJson(value: object): string {
  const ascii = JSON.stringify(value).replace(/[\u0080-\uffff]/g, escapeUnit)
  return btoa(ascii).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
