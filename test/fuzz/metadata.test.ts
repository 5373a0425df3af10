import * as fc from 'fast-check'
import { expect } from 'vitest'
import { fetchAuthorizationServer } from '../../src/discovery/authorization-server.ts'
import { fetchProtectedResource } from '../../src/discovery/protected-resource.ts'
import { parseAuthorizationServer } from '../../src/discovery/server-schema.ts'
import {
  type Answer,
  anyBody,
  answerWith,
  isJsonType,
  type Json,
  nearly,
  objectIn,
  transportTo,
} from './documents.ts'
import { outcomeOfAsync } from './expectations.ts'
import { fuzzAsync } from './fuzz.ts'
import { hasForbiddenParts, isOriginByGrammar, LOOPBACK_ORIGIN } from './urls.ts'

const PDS = 'https://pds.example.com'
const ISSUER = 'https://as.example.com'

const resource = {
  resource: PDS,
  authorization_servers: [ISSUER],
  scopes_supported: [],
  bearer_methods_supported: ['header'],
}

const server = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/oauth/authorize`,
  token_endpoint: `${ISSUER}/oauth/token`,
  pushed_authorization_request_endpoint: `${ISSUER}/oauth/par`,
  revocation_endpoint: `${ISSUER}/oauth/revoke`,
  response_types_supported: ['code'],
  grant_types_supported: ['authorization_code', 'refresh_token'],
  code_challenge_methods_supported: ['S256'],
  token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
  token_endpoint_auth_signing_alg_values_supported: ['ES256', 'ES384'],
  dpop_signing_alg_values_supported: ['ES256'],
  scopes_supported: ['atproto', 'transition:generic'],
  authorization_response_iss_parameter_supported: true,
  require_pushed_authorization_requests: true,
  client_id_metadata_document_supported: true,
  require_request_uri_registration: true,
  protected_resources: [PDS],
  prompt_values_supported: ['none', 'login'],
}

/** What every answer must be, before anybody looks into it: the fields that are wrong. */
function mistakesOf({ status, contentType, body }: Answer): string[] {
  if (status !== 200) return ['status']
  if (!isJsonType(contentType)) return ['content-type']
  return objectIn(body) ? [] : ['body']
}

/** The fields of a protected resource's metadata that are wrong: B2, B3, B4. */
function resourceMistakes(document: Json): string[] {
  const servers = document['authorization_servers']
  const isOne = Array.isArray(servers) && servers.length === 1
  const issuer: unknown = isOne ? servers[0] : undefined
  return [
    ...(document['resource'] === PDS ? [] : ['resource']),
    ...(typeof issuer === 'string' && isOriginByGrammar(issuer) ? [] : ['authorization_servers']),
  ]
}

/** What each list of an authorization server's metadata must hold: B7. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  response_types_supported: ['code'],
  grant_types_supported: ['authorization_code', 'refresh_token'],
  code_challenge_methods_supported: ['S256'],
  token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
  token_endpoint_auth_signing_alg_values_supported: ['ES256'],
  dpop_signing_alg_values_supported: ['ES256'],
  scopes_supported: ['atproto'],
}
const ENDPOINTS = ['authorization_endpoint', 'token_endpoint', 'pushed_authorization_request_endpoint']
const SWITCHES = [
  'authorization_response_iss_parameter_supported',
  'require_pushed_authorization_requests',
  'client_id_metadata_document_supported',
]

/** The fields of an authorization server's metadata that are wrong: B6 to B9. */
function serverMistakes(document: Json): string[] {
  const lacks = ([name, values]: readonly [string, readonly string[]]) =>
    !values.every((value) => listOf(document[name]).includes(value)) ||
    !listOf(document[name]).every((value) => typeof value === 'string')
  const { issuer, revocation_endpoint: revocation, require_request_uri_registration: registration } = document
  const signing = 'token_endpoint_auth_signing_alg_values_supported'
  const resources = document['protected_resources']
  return [
    ...(issuer === ISSUER ? [] : ['issuer']),
    ...ENDPOINTS.filter((name) => !isSafeUrl(document[name])),
    ...(revocation === undefined || isSafeUrl(revocation) ? [] : ['revocation_endpoint']),
    ...Object.entries(LISTS)
      .filter(lacks)
      .map(([name]) => name),
    ...(listOf(document[signing]).includes('none') ? [signing] : []),
    ...SWITCHES.filter((name) => document[name] !== true),
    ...(registration === undefined || registration === true ? [] : ['require_request_uri_registration']),
    ...(resources === undefined || listOf(resources).includes(PDS) ? [] : ['protected_resources']),
  ]
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isSafeUrl(value: unknown): boolean {
  if (typeof value !== 'string' || hasForbiddenParts(value) || !URL.canParse(value)) return false
  const { protocol, origin } = new URL(value)
  return value.includes('://') && (protocol === 'https:' || origin === LOOPBACK_ORIGIN)
}

const REFUSALS = [
  'server_metadata_invalid',
  'issuer_mismatch',
  'resource_metadata_invalid',
  'resource_mismatch',
  'issuer_invalid',
  'metadata_unavailable',
  'server_failing',
]

/** Either nothing is wrong and the answer is taken, or the error names something that is wrong. */
async function expectJudged(mistakes: readonly string[], judge: () => Promise<unknown>): Promise<void> {
  const outcome = await outcomeOfAsync(judge)
  if ('value' in outcome) return expect(mistakes).toEqual([])
  const { name, code, field, found } = outcome.error
  if (code === 'redirected') return expect(found).toBeGreaterThanOrEqual(300)
  expect(name).toBe('DiscoveryError')
  expect(REFUSALS).toContain(code)
  expect(mistakes).toContain(field)
}

const resourceBody = nearly(resource).map((document) => JSON.stringify(document))

fuzzAsync(
  '[B1] [B2] [B3] [B4] metadata of a PDS is taken only without a mistake',
  5000,
  answerWith(resourceBody),
  async (answer) => {
    const document = objectIn(answer.body) ?? {}
    const early = mistakesOf(answer)
    await expectJudged(early.length > 0 ? early : resourceMistakes(document), async () => {
      const issuer = await fetchProtectedResource(transportTo(answer), PDS, {})
      expect([issuer]).toEqual(document['authorization_servers'])
    })
  },
)

const serverBody = nearly(server).map((document) => JSON.stringify(document))

fuzzAsync(
  '[B5] [B6] [B7] [B8] [B9] metadata of a server is taken only without a mistake',
  10_000,
  answerWith(serverBody),
  async (answer) => {
    const document = objectIn(answer.body) ?? {}
    const early = mistakesOf(answer)
    await expectJudged(early.length > 0 ? early : serverMistakes(document), async () => {
      const transport = transportTo(answer)
      const parsed = parseAuthorizationServer(
        transport,
        await fetchAuthorizationServer(transport, ISSUER, {}),
        PDS,
      )
      expect(parsed).toMatchObject({
        issuer: ISSUER,
        tokenEndpoint: document['token_endpoint'],
        revocationEndpoint: document['revocation_endpoint'],
        authorizationEndpoint: document['authorization_endpoint'],
        parEndpoint: document['pushed_authorization_request_endpoint'],
      })
    })
  },
)

const anything = fc.record({
  body: anyBody,
  status: fc.constant(200),
  contentType: fc.constant('application/json'),
})

fuzzAsync(
  '[B1] [B5] [M8] anything that a server may answer is refused with an error of ours',
  2000,
  anything,
  async (answer) => {
    const early = mistakesOf(answer)
    const document = objectIn(answer.body) ?? {}
    const transport = transportTo(answer)
    await expectJudged([...early, ...resourceMistakes(document)], () => fetchProtectedResource(transport, PDS, {}))
    await expectJudged([...early, ...serverMistakes(document)], () =>
      fetchAuthorizationServer(transport, ISSUER, {}),
    )
    expect(Object.keys(Object.prototype)).toEqual([])
  },
)
