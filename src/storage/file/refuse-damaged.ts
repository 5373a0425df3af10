import { StorageError } from '../../errors/storage-error.ts'
import type { Head } from './head.ts'
import type { Place } from './place.ts'

/** Throws where the newest version of an entry cannot be read: which entry, which file, and what to do about it. */
export function refuseDamaged(head: Head | undefined, key: string, { folder }: Place): void {
  if (head?.damaged === undefined) return
  throw new StorageError('corrupt', {
    field: `${key} in ${head.damaged}`,
    expected: 'a file that this storage wrote for this entry',
    action: `restore the file, or move the folder ${folder} away: what it holds is lost then`,
    version: head.version,
  })
}
