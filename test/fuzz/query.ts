/** The parameters of a query, as the URL standard reads them (§5.1), by hand. */
export function readQuery(query: string): readonly (readonly [name: string, value: string])[] {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=')
      if (equals < 0) return [decode(pair), '']
      return [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))]
    })
}

const HEX = '0123456789abcdef'

function decode(text: string): string {
  const bytes: number[] = []
  const source = new TextEncoder().encode(text)
  for (let at = 0; at < source.length; at += 1) {
    const byte = source[at] ?? 0
    const high = digitOf(source[at + 1])
    const low = digitOf(source[at + 2])
    if (byte === 0x25 && high >= 0 && low >= 0) {
      bytes.push(high * 16 + low)
      at += 2
    } else bytes.push(byte === 0x2b ? 0x20 : byte)
  }
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes))
}

function digitOf(byte: number | undefined): number {
  return byte === undefined ? -1 : HEX.indexOf(String.fromCharCode(byte).toLowerCase())
}

/** The query of a callback in any of the forms that an app may have it in. */
export function queryOfCallback(text: string): string {
  const isUrl = URL.canParse(text)
  if (!isUrl && !'/?#'.includes(text.charAt(0) || 'a')) return text
  // The URL standard takes tabs and line breaks out, and controls and blanks off both ends (§4.4).
  const bare = isUrl ? trimUrl([...text].filter((letter) => !'\t\n\r'.includes(letter)).join('')) : text
  const { before, after: fragment } = splitAt(bare, '#')
  const { after: query } = splitAt(before, '?')
  return KNOWN.some((name) => readQuery(query).some(([other]) => other === name)) ? query : fragment
}

/** Parameters that an authorization response can have. */
export const KNOWN: readonly string[] = ['state', 'iss', 'code', 'error', 'error_description', 'response']

function trimUrl(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && text.charCodeAt(start) <= 0x20) start += 1
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end -= 1
  return text.slice(start, end)
}

function splitAt(text: string, mark: string): { readonly before: string; readonly after: string } {
  const at = text.indexOf(mark)
  return at < 0 ? { before: text, after: '' } : { before: text.slice(0, at), after: text.slice(at + 1) }
}
