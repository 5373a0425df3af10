import { Repository } from './repository.ts'
import { TidClock } from './tid.ts'

/** The repository of every account. They are the network's and not a PDS's: who moves takes their records along. */
export class Repositories {
  readonly tids: TidClock
  readonly #repositories = new Map<string, Repository>()

  constructor(now: () => number) {
    this.tids = new TidClock(now)
  }

  of(did: string): Repository {
    const repository = this.#repositories.get(did) ?? new Repository(did, this.tids)
    this.#repositories.set(did, repository)
    return repository
  }
}
