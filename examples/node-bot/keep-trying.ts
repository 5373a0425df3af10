import { AtproofError, AuthorizationError, XrpcError } from 'atproof'
import { setTimeout as pause } from 'node:timers/promises'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/**
 * Runs until it works: only for what may be done twice. A server that is down or has had enough is waited for.
 *
 * @throws what no waiting mends: a password that is refused, a record that is not taken
 */
export async function keepTrying(run: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let failures = 0; ; failures++) {
    try {
      return await run()
    } catch (error) {
      if (!(error instanceof AtproofError) || !canPass(error)) throw error
      const pauseMs = askedPause(error) ?? Math.min(2 ** failures * SECOND, MINUTE)
      console.error(`${error.message}; trying again in ${Math.ceil(pauseMs / SECOND)} s`)
      await pause(pauseMs, undefined, { signal })
    }
  }
}

/** A session that ended is no reason to give up either: the next try signs in anew. */
function canPass({ retryable, code }: AtproofError): boolean {
  return retryable || code === 'needs_reauth'
}

/** How long the server wants to be left alone, in ms, where it says so. */
function askedPause(error: AtproofError): number | undefined {
  const until = error instanceof XrpcError || error instanceof AuthorizationError ? error.retryAt : undefined
  // Never for ever, whatever the server says.
  return until === undefined ? undefined : Math.min(Math.max(until - Date.now(), SECOND), HOUR)
}
