import type { Upload } from './foreign-client.ts'

/** No type that a server could tell from the bytes. */
export const TYPE = 'application/x-note'

/** What can be uploaded, each by its name: `test.each(BODIES)`. */
export const BODIES: readonly (readonly [name: string, make: (bytes: Uint8Array<ArrayBuffer>) => Upload])[] = [
  ['bytes', (bytes) => bytes],
  ['a Blob', (bytes) => new Blob([bytes], { type: TYPE })],
  ['a stream', (bytes) => new Blob([bytes]).stream()],
]
