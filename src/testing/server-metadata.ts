import { SIGNING_ALGORITHMS } from './signing-algorithms.ts'

/** A JSON object that a test may change in place. */
export type Json = Record<string, unknown>

/** RFC 8414: the members that the reference server has, and its values. */
export function authorizationServerMetadata(issuer: string): Json {
  return {
    issuer,
    request_parameter_supported: true,
    request_uri_parameter_supported: true,
    require_request_uri_registration: true,
    scopes_supported: ['atproto', 'transition:email', 'transition:generic', 'transition:chat.bsky'],
    subject_types_supported: ['public'],
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'fragment', 'form_post'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    ui_locales_supported: ['en-US'],
    display_values_supported: ['page', 'popup', 'touch'],
    request_object_signing_alg_values_supported: [...SIGNING_ALGORITHMS, 'none'],
    authorization_response_iss_parameter_supported: true,
    request_object_encryption_alg_values_supported: [],
    request_object_encryption_enc_values_supported: [],
    jwks_uri: `${issuer}/oauth/jwks`,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: [...SIGNING_ALGORITHMS],
    revocation_endpoint: `${issuer}/oauth/revoke`,
    pushed_authorization_request_endpoint: `${issuer}/oauth/par`,
    require_pushed_authorization_requests: true,
    dpop_signing_alg_values_supported: [...SIGNING_ALGORITHMS],
    protected_resources: [],
    prompt_values_supported: ['none', 'login', 'consent', 'select_account', 'create'],
    client_id_metadata_document_supported: true,
  }
}

/** RFC 9728. */
export function protectedResourceMetadata(resource: string, issuer: string): Json {
  return {
    resource,
    authorization_servers: [issuer],
    scopes_supported: [],
    bearer_methods_supported: ['header'],
    resource_documentation: 'https://atproto.com',
  }
}
