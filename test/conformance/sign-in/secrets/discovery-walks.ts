import type { DiscoveryErrorCode } from 'atproof'
import { dnsOverHttps } from 'atproof/discovery'
import { failureOf } from '../../scene.ts'
import { beginning, type Walks } from './walk.ts'

const ALICE = 'alice.example.com'
const RESOURCE = '/.well-known/oauth-protected-resource'
const SERVER = '/.well-known/oauth-authorization-server'

/** The ways to every error of servers and their metadata. */
export const DISCOVERY_WALKS: Walks<DiscoveryErrorCode> = {
  resource_metadata_invalid: [
    [
      'a PDS without an authorization server',
      beginning(
        ALICE,
        ({ network }) => void network.fault({ path: RESOURCE, set: { authorization_servers: [] } }),
      ),
    ],
  ],
  resource_mismatch: [
    [
      'a PDS that speaks for another',
      beginning(ALICE, ({ network }) => {
        network.fault({ path: RESOURCE, set: { resource: 'https://evil.example.com' } })
      }),
    ],
  ],
  server_metadata_invalid: [
    [
      'a server without a token endpoint',
      beginning(ALICE, ({ network }) => void network.fault({ path: SERVER, omit: 'token_endpoint' })),
    ],
  ],
  issuer_invalid: [
    [
      'an issuer with a path',
      beginning(ALICE, ({ network }) => {
        network.fault({ path: RESOURCE, set: { authorization_servers: ['https://pds.example.com/oauth'] } })
      }),
    ],
  ],
  issuer_mismatch: [
    [
      'metadata of another issuer',
      beginning(ALICE, ({ network }) => {
        network.fault({ path: SERVER, set: { issuer: 'https://evil.example.com' } })
      }),
    ],
  ],
  metadata_unavailable: [
    [
      'a server without metadata',
      beginning(ALICE, ({ network }) => void network.fault({ path: SERVER, status: 404, times: 9 })),
    ],
  ],
  not_a_server: [
    [
      'a web site',
      beginning('https://blog.example.com', ({ network }) => {
        network.host('https://blog.example.com', () => new Response('<html>', { status: 404 }))
      }),
    ],
  ],
  server_failing: [
    [
      'a server that fails',
      beginning(ALICE, ({ network }) => void network.fault({ path: SERVER, status: 503, times: 9 })),
    ],
  ],
  dns_failing: [
    [
      'DNS over HTTPS that fails',
      ({ network }) => {
        network.host('https://dns.example.com', () => new Response('', { status: 502 }))
        const resolveTxt = dnsOverHttps('https://dns.example.com/resolve', network.clientOptions)
        return failureOf(resolveTxt('_atproto.alice.example.com', { signal: new AbortController().signal }))
      },
    ],
  ],
}
