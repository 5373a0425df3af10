/** A program and what it is started with. */
export interface Command {
  readonly file: string
  readonly input: readonly string[]
}

/** How a kind of server is run in a folder of its own, which it finds as its working folder. */
export interface Recipe {
  /** Whom it runs as. @default the user of this process */
  readonly user?: { readonly uid: number; readonly gid: number }
  /** What is run once, before the first start. */
  readonly prepare?: Command
  /** What the server prints when it can be used. */
  readonly isReady: RegExp
  /** What the server prints when the port is another's. */
  readonly isPortTaken: RegExp
  /** Ends it without a last word, but with nothing of it left in the system. */
  readonly endSignal: NodeJS.Signals
  start(port: number): Command
  url(port: number): string
}

/** Settings of the server, by the names of its own configuration. */
export type Settings = Readonly<Record<string, string>>
