import type { PrivateJwk } from '../dpop/stored-key.ts'
import type { SessionRecord } from './record.ts'

/** A record whose key is still JSON. */
export type PortableRecord = Omit<SessionRecord, 'dpopKey'> & { readonly dpopKey: PrivateJwk }
