export type { Procedures, Queries } from './xrpc/registry.ts'
