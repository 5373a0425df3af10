import type * as composed from './composed-calls.ts'

/** Gives what is more than one call of JSON: at once, or as a page that loads it later. @throws NetworkError `unreachable` */
export type LoadComposed = () => Promise<typeof composed>
