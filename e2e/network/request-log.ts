import type { LoggedRequest } from './commands.ts'

interface Entry {
  method: string
  path: string
  status?: number
}

/** The requests that came in and were not read yet. */
export class RequestLog {
  #entries: Entry[] = []

  /** Notes a request, and returns what notes its status: only the first one counts. */
  open(method: string, path: string): (status: number) => void {
    const entry: Entry = { method, path }
    this.#entries.push(entry)
    return (status) => {
      entry.status ??= status
    }
  }

  /** Takes out the requests that are dealt with; one that waits for its answer stays. */
  take(): LoggedRequest[] {
    const taken = this.#entries.filter((entry): entry is Required<Entry> => entry.status !== undefined)
    this.#entries = this.#entries.filter((entry) => entry.status === undefined)
    return taken
  }
}
