/**
 * Whether a media type is what a lexicon asks for: `video/mp4`, `image/*`, any. Parameters such as a charset do not
 * matter, nor does case.
 */
export function fitsEncoding(mediaType: string, range: string): boolean {
  const [type, subtype] = essenceOf(mediaType)
  const [wantedType, wantedSubtype] = essenceOf(range)
  return matches(type, wantedType) && matches(subtype, wantedSubtype)
}

/** Whether a media type is that of JSON. */
export function isJson(mediaType: string): boolean {
  return essenceOf(mediaType).join('/') === 'application/json'
}

/** Whether JSON is among what a lexicon asks for. */
export function takesJson(range: string): boolean {
  return fitsEncoding('application/json', range)
}

function matches(part: string, wanted: string): boolean {
  return part !== '' && (wanted === '*' || part === wanted)
}

function essenceOf(text: string): [type: string, subtype: string] {
  const [essence = ''] = text.split(';')
  const [type = '', subtype = ''] = essence.trim().toLowerCase().split('/')
  return [type, subtype]
}
