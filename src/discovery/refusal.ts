import type { AtproofError } from '../errors/atproof-error.ts'
import { DiscoveryError } from '../errors/discovery-error.ts'
import { IdentityError } from '../errors/identity-error.ts'

/** What a value takes in memory, in times of its text. */
const VALUE_WEIGHT = 20

/** Whether somebody answered, and the answer is that there is nothing, or nothing valid. */
export function isRefusal(error: unknown): error is IdentityError | DiscoveryError {
  return (error instanceof IdentityError || error instanceof DiscoveryError) && !error.retryable
}

/** How large a refusal is, in characters: by what was found instead. */
export function sizeOfRefusal({ found }: AtproofError): number {
  const { length } = JSON.stringify(found ?? null)
  return typeof found === 'object' ? length * VALUE_WEIGHT : length
}
