import { NetworkError } from '../errors/network-error.ts'

// Each part exports `resume` too. A bundler that splits puts code into one file for each set of parts that it is in: so all
// that a page begins with is in every set, and in one file rather than in twenty.

/**
 * Waits for a part of this library that an app loads when it is first needed.
 *
 * @throws NetworkError `unreachable`
 */
export async function loadPart<T>(part: Promise<T>): Promise<T> {
  try {
    return await part
  } catch (cause) {
    const detail = 'a part of the app could not be loaded'
    throw new NetworkError('unreachable', { cause, detail, action: 'reload the page, if this goes on' })
  }
}
