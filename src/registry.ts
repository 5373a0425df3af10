export type { BlobRef, Bytes, CidLink, UnknownObject, UnknownType, UnknownVariant } from './xrpc/data-model.ts'
export type { Definitions, Procedures, Queries, Records } from './xrpc/registry.ts'
export type { Did } from './syntax/did.ts'
