import type { Moment } from './moment.ts'

/** Where an entry is, and what its ages are counted by. */
export interface Place {
  /** The folder of the storage. */
  readonly root: string
  /** The folder of the entry. */
  readonly folder: string
  readonly now: () => Promise<Moment>
}
