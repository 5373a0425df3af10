/** Which call of the system fails so, before there is a connection. */
const SYSCALLS: Readonly<Record<string, string>> = { ECONNREFUSED: 'connect', ENOTFOUND: 'getaddrinfo' }

/** A failed fetch as Node reports it: its `cause` says by `code` and `syscall` whether a connection stood. */
export function fetchFailed(code: string): TypeError {
  const syscall = SYSCALLS[code] ?? 'read'
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code, syscall }) })
}

/** What every fetch of a network comes to once it is closed. */
export function networkClosed(): TypeError {
  const cause = Object.assign(new Error('close() of the fake network was called'), { code: 'ECONNABORTED' })
  return new TypeError('fetch failed: the fake network is closed', { cause })
}

/** Whatever was thrown on the way, as fetch reports it; the error itself is the `cause`. */
export function asFetchFailed(error: unknown): TypeError {
  const isOne = error instanceof TypeError && error.message.startsWith('fetch failed')
  return isOne ? error : new TypeError('fetch failed', { cause: error })
}
