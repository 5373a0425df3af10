import { wrongArgument } from '../errors/wrong-argument.ts'

/**
 * Puts a path onto an origin. A token must go to that origin and nowhere else, so that anything a URL parser could take
 * for another host is refused.
 *
 * @throws TypeError for an absolute URL, `//host`, `/\host` and whatever else leads away
 */
export function joinPath(origin: string, path: string): string {
  // The parser drops tabs and line breaks, and reads a backslash as a slash.
  const url = /^\/(?![/\\])[^\t\r\n\\]*$/.test(path) ? new URL(path, origin) : undefined
  if (url?.origin === origin) return url.href
  throw wrongArgument('path', `a path on ${origin}, such as /xrpc/com.example.getThings`, path)
}
