import { z } from 'zod'
import { isHandle } from '../../syntax/handle.ts'
import { invalidRequest, invalidScope, OAuthError } from '../oauth-error.ts'
import type { Client } from './clients.ts'
import { type Parameters, parsePart } from './read-body.ts'
import { isSameRedirect, readRedirectUri } from './redirect-uris.ts'
import { isKnownScope, isWellFormedScope, splitScope } from './scopes.ts'

const RESPONSE_TYPES = ['code', 'token', 'none', 'code id_token token', 'code id_token', 'code token'] as const

/** What a client asks for. What no answer depends on is checked, and not kept. */
export interface RequestParameters {
  readonly response_type: string
  readonly state?: string | undefined
  readonly redirect_uri?: string | undefined
  readonly scope?: string | undefined
  readonly code_challenge?: string | undefined
  readonly code_challenge_method?: string | undefined
  readonly dpop_jkt?: string | undefined
  readonly response_mode?: string | undefined
  readonly login_hint?: string | undefined
  readonly prompt?: string | undefined
}

const requestSchema = z.object({
  response_type: z.enum([...RESPONSE_TYPES, 'id_token token', 'id_token']),
  state: z.string().optional(),
  redirect_uri: z.string().refine(readRedirectUri, 'not a redirect URI').optional(),
  scope: z.string().refine(isWellFormedScope, 'Invalid OAuth scope').optional(),
  code_challenge: z.string().optional(),
  code_challenge_method: z.enum(['S256', 'plain']).optional(),
  dpop_jkt: z.string().optional(),
  response_mode: z.enum(['query', 'fragment', 'form_post']).optional(),
  login_hint: z.string().min(1).optional(),
  prompt: z.enum(['none', 'login', 'consent', 'select_account', 'create']).optional(),
  max_age: z.coerce.number().int().min(0).optional(),
  display: z.enum(['page', 'popup', 'touch', 'wap']).optional(),
  ui_locales: z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Z]{2})?( [a-z]{2,3}(-[A-Z]{2})?)*$/)
    .optional(),
  nonce: z.undefined(),
  claims: z.undefined(),
  id_token_hint: z.undefined(),
  authorization_details: z.undefined(),
})

/** What a client may ask for, with what it left out filled in. */
export interface AuthorizationRequest extends RequestParameters {
  readonly redirect_uri: string
  readonly code_challenge: string
  readonly scope: string
}

/** Judges the parameters as far as that can be done without knowing the client. */
export function parseAuthorizationRequest(body: Parameters): RequestParameters {
  return parsePart(requestSchema, body, 'Invalid authorization request', invalidRequest)
}

/** Judges them by what the client said of itself, in the reference server's order. */
export function checkAuthorizationRequest(client: Client, params: RequestParameters): AuthorizationRequest {
  if (params.response_type !== 'code') {
    throw new OAuthError(400, 'unsupported_response_type', `Unsupported response_type "${params.response_type}"`)
  }
  const scope = splitScope(params.scope ?? '')
  const undeclared = scope.find((token) => token !== '' && !client.scope.includes(token))
  if (undeclared) throw invalidScope(`Scope "${undeclared}" is not declared in the client metadata`)
  const redirect_uri = chooseRedirectUri(client, params.redirect_uri)
  const code_challenge = readChallenge(params)
  if (!scope.includes('atproto')) throw invalidScope('The "atproto" scope is required')
  if (scope.includes('openid')) throw invalidScope('OpenID Connect is not compatible with atproto')
  if (params.code_challenge_method !== 'S256') {
    throw invalidRequest('atproto requires use of "S256" code_challenge_method')
  }
  if (params.prompt === 'none' && client.authMethod === 'none') {
    throw invalidRequest('Public clients are not allowed to use silent-sign-on')
  }
  const login_hint = params.login_hint?.toLowerCase()
  if (login_hint !== undefined && !isHandle(login_hint) && !isAccountDid(login_hint)) {
    throw invalidRequest(`Invalid login_hint "${login_hint}"`)
  }
  const granted = scope.filter(isKnownScope)
  const set = granted.find((token) => token.startsWith('include'))
  // No lexicon is published on this network, so no permission set is ever found.
  if (set) throw invalidScope(`Could not resolve Lexicon for NSID (${set.slice('include:'.length)})`)
  return { ...params, redirect_uri, code_challenge, scope: granted.join(' '), login_hint }
}

function chooseRedirectUri({ redirectUris }: Client, requested: string | undefined): string {
  const [only] = redirectUris
  if (requested === undefined && only !== undefined && redirectUris.length === 1) return only
  if (requested === undefined) throw invalidRequest('redirect_uri is required')
  if (redirectUris.some((declared) => isSameRedirect(declared, requested))) return requested
  throw invalidRequest(`Invalid redirect_uri ${requested}`)
}

function readChallenge({ code_challenge, code_challenge_method }: RequestParameters): string {
  if (code_challenge) return code_challenge
  if (code_challenge_method === undefined) throw invalidRequest('Use of PKCE is required')
  throw invalidRequest('code_challenge is required when code_challenge_method is provided')
}

function isAccountDid(value: string): boolean {
  return /^did:plc:[a-z2-7]{24}$|^did:web:[a-z0-9.-]+(%3a\d+)?$/.test(value)
}
