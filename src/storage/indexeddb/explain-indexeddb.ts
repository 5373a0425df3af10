interface Advice {
  readonly action: string
  /** Whether trying again can help without anybody doing anything. */
  readonly retryable: boolean
}

const DENIED: Advice = {
  action: 'let this site store data: blocked cookies, private browsing or a sandboxed frame forbid it',
  retryable: false,
}

/** What to do about a failure of IndexedDB, by its name. */
const ADVICE: Readonly<Record<string, Advice>> = {
  QuotaExceededError: { action: 'free disk space, or clear what this site stores', retryable: true },
  SecurityError: DENIED,
  InvalidStateError: DENIED,
  ReferenceError: { action: 'give another `storage`: there is no IndexedDB here', retryable: false },
  VersionError: { action: 'reload the page: a newer version of the app changed the database', retryable: false },
  NotFoundError: { action: 'give another `name`: this database is of something else', retryable: false },
  TimeoutError: {
    action: 'close or reload the other tabs of this site: one of them hangs and holds the database',
    retryable: true,
  },
  // Chromium's name for blocked cookies too, and WebKit's for a database process that died: no page gets another one.
  UnknownError: {
    action:
      'reload the page; if that is no help, let this site store data, restart the browser, or clear the data of this site',
    retryable: true,
  },
}

/** Says of a failure what to do about it, where that is known. */
export function explainIndexedDb(error: unknown): void {
  if (error instanceof Error) Object.assign(error, ADVICE[error.name])
}
