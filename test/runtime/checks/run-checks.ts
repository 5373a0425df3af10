import { checks } from './checks.ts'

/** What became of a check: `passed`, or how it failed. */
export type Results = Readonly<Record<string, string>>

/** Of real time. A check that hangs is one that failed. */
const LIMIT_MS = 10_000

/** Runs checks one after the other. The last result is about what they left behind. */
export async function runChecks(titles: readonly string[]): Promise<Results> {
  const unhandled: unknown[] = []
  const note = (event: Event) => unhandled.push((event as PromiseRejectionEvent).reason)
  // Node and Bun have no such event: there the process ends with it.
  globalThis.addEventListener?.('unhandledrejection', note)
  const results: Record<string, string> = {}
  for (const title of titles) results[title] = await runCheck(title)
  await pause(50)
  globalThis.removeEventListener?.('unhandledrejection', note)
  results[LEFTOVERS] = unhandled.length === 0 ? 'passed' : unhandled.map(describe).join('\n')
  return results
}

export const LEFTOVERS = 'leaves no failure behind that nobody handles'

async function runCheck(title: string): Promise<string> {
  const check = checks[title]
  if (!check) return 'there is no such check'
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it hangs: no end after ${LIMIT_MS} ms`)), LIMIT_MS)
  })
  try {
    await Promise.race([check(), late])
    return 'passed'
  } catch (error) {
    return describe(error)
  } finally {
    clearTimeout(timer)
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `\ncaused by ${describe(error.cause)}`
  // V8 puts the message into the stack, and JavaScriptCore does not.
  const { stack = '' } = error
  return (stack.includes(error.message) ? stack : `${error.name}: ${error.message}\n${stack}`) + cause
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
