/** Which call of the system fails so, before there is a connection. */
const SYSCALLS: Readonly<Record<string, string>> = { ECONNREFUSED: 'connect', ENOTFOUND: 'getaddrinfo' }

/** A failed fetch as Node reports it: its `cause` says by `code` and `syscall` whether a connection stood. */
export function fetchFailed(code: string): TypeError {
  const syscall = SYSCALLS[code] ?? 'read'
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code, syscall }) })
}
