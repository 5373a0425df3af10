/** An origin that a test gave, without the slash that is often behind it. @throws TypeError for anything else */
export function readOrigin(name: string, value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url && /^https?:$/.test(url.protocol) && [url.origin, `${url.origin}/`].includes(value)) return url.origin
  throw new TypeError(`${name}: expected an origin such as https://pds2.example.com, found ${value}`)
}
