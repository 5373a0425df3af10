import type { DebtOf } from './debt-of.ts'
import type { Engine } from './deployment.ts'
import type { BaseRecord } from './record.ts'

/** Whether the tokens of two records, or of what was left of them, come from one sign-in. */
export function isSameSignIn<R extends BaseRecord>(
  { kind }: Pick<Engine<R>, 'kind'>,
  one: R | DebtOf<R>,
  other: R | DebtOf<R>,
): boolean {
  return kind.signInOf(one) === kind.signInOf(other)
}
