import { StorageError } from '../errors/storage-error.ts'

/** The error of a storage that says of `MOST_LOST_PUTS` puts in a row that somebody else was first. */
export function onlyRefusals(): StorageError {
  return new StorageError('write_failed', {
    expected: 'a put on the version that was read',
    found: 'only refusals',
  })
}
