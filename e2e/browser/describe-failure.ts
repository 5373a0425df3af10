import type { Failure } from './seen.ts'

/** What an app goes by in an error, as JSON. */
export function describeFailure(error: unknown): Failure {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  const facts = ['code', 'reason', 'state', 'retryable'].map((fact) => [
    fact,
    typeof error === 'object' && error !== null ? Reflect.get(error, fact) : undefined,
  ])
  return { name, message, ...Object.fromEntries(facts.filter(([, value]) => value !== undefined)) }
}
