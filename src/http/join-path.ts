import { wrongArgument } from '../errors/wrong-argument.ts'

/**
 * Puts a path onto an origin. A token must go to that origin and nowhere else, so that anything a URL parser could take
 * for another host is refused.
 *
 * @throws TypeError for an absolute URL, `//host`, `/\host` and whatever else leads away
 */
export function joinPath(origin: string, path: string): string {
  const expected = `a path on ${origin}, such as /xrpc/com.atproto.server.getSession`
  // The parser drops tabs and line breaks, and reads a backslash as a slash.
  if (!/^\/(?![/\\])[^\t\r\n\\]*$/.test(path)) throw wrongArgument('path', expected, path)
  const url = new URL(path, origin)
  if (url.origin !== origin) throw wrongArgument('path', expected, path)
  return url.href
}
