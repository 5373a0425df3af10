/** Where a command says what it did, a line at a time. */
export interface Print {
  /** What came of it. */
  out(line: string): void
  /** What stands in its way, and what is worth knowing. */
  error(line: string): void
}

/** What ends a command, in words for whoever typed it. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
}
