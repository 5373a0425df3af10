/** What somebody uploads. */
export type Upload = Uint8Array<ArrayBuffer> | Blob | ReadableStream<Uint8Array>

/** A blob as the server has it. */
export interface Uploaded {
  readonly cid: string
  readonly mimeType: string
  readonly size: number
}

/** What a server says no with. */
export interface Refusal {
  readonly status: number
  readonly error: string
}

/** Whom a call is passed on to, and whose labels are asked for. */
export interface Elsewhere {
  readonly did: `did:web:${string}`
  readonly serviceId: string
  readonly labeler: `did:web:${string}`
}

/** The client of another library over a session of ours, used as its own documentation shows. */
export interface ForeignClient {
  /** Whom the library takes itself to act for. */
  readonly did: string | undefined
  /** A query. */
  getSession(): Promise<string>
  /** A procedure with JSON. */
  writeNote(text: string): Promise<string>
  /** The texts of the account's notes, the newest first. */
  listNotes(): Promise<string[]>
  /** A procedure with something else. */
  upload(body: Upload, type: `${string}/${string}`): Promise<Uploaded>
  /** Uploads, and writes a note that points to what the library made of the answer. */
  attach(text: string, body: Upload, type: `${string}/${string}`): Promise<string>
  /** Runs into an error that the method declares, and takes it from the library's own class for it. */
  readMissing(): Promise<Refusal>
  /** A query for `PATTERNS` that the account's server has to pass on. The library says where to, unless our client is to. */
  queryLabels(elsewhere?: Elsewhere, signal?: AbortSignal): Promise<void>
  /** Whose labels the library asks for by itself, whatever our client is set to. */
  readonly ownLabelers?: readonly string[]
  /** What a server said, where this is the library's own class for that. */
  refusalOf(failure: unknown): Refusal | undefined
}

export const NOTE = 'com.example.note'

/** Two, so that they show how an array is sent. */
export const PATTERNS: string[] = ['at://did:web:cook.example.com/*', 'salt&pepper']

/** The key of a record that nobody wrote. */
export const NO_NOTE = '3jzfcijpj2z2a'
