// Every runtime has these, but not every project has the types of the DOM, which name them.

/** A CryptoKey. */
export type PlatformKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>

/** What a request can be sent with. */
export type RequestBody = NonNullable<RequestInit['body']>

/** The body of an answer, as it arrives. */
export type ResponseStream = NonNullable<Response['body']>
