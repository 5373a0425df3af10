import { NetworkError } from '../errors/network-error.ts'

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
