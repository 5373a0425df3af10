export {
  discoverAuthorizationServer,
  type DiscoveredAuthorizationServer,
} from './discovery/discover-authorization-server.ts'
export { type DiscoveryCache, discoveryCache, type DiscoveryCacheOptions } from './discovery/discovery-cache.ts'
export type { DirectoryOptions } from './discovery/create-directory.ts'
export type { DiscoveryOptions } from './discovery/discovery-options.ts'
export type { ResolveTxt } from './http/create-transport.ts'
export { dnsOverHttps } from './discovery/dns-over-https.ts'
export { resolveIdentity, type ResolvedIdentity } from './discovery/resolve-identity.ts'
export type { AuthorizationServer } from './discovery/server-schema.ts'
export type { Did } from './syntax/did.ts'
export type { Handle } from './syntax/handle.ts'
