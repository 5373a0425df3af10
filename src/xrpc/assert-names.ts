import { wrongArgument } from '../errors/wrong-argument.ts'
import { isJsonObject } from '../syntax/shape.ts'

/** What every call takes. */
const OF_EVERY_CALL = ['headers', 'signal', 'timeoutMs']

/**
 * Refuses options that a method of the client does not have. What they hold is looked at where it is used.
 *
 * @throws TypeError that names the one that is too many
 */
export function assertNames(options: unknown, names: readonly string[]): void {
  if (!isJsonObject(options)) throw wrongArgument('options', 'an object', options)
  const known = [...names, ...OF_EVERY_CALL]
  const foreign = Object.keys(options).find((name) => !known.includes(name))
  if (foreign !== undefined) throw wrongArgument('options', `only ${known.join(', ')}`, foreign)
}
