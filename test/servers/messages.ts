/** What can be done to a server that runs. */
export type ServerCommand = 'kill' | 'restart'

/** A server as it runs now. */
export interface ServerState {
  readonly url: string
  /** Of the server's own process. */
  readonly pid: number
}

/** What the process that keeps the server says: first that it was started, then once for each command. */
export type ServerMessage = ServerState | { readonly error: string }
