/** A JSON object that a test may change in place. */
export type Json = Record<string, unknown>

/** RFC 8414: every field that an AT Protocol client asks for, and revocation. */
export function authorizationServerMetadata(issuer: string): Json {
  return {
    issuer,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    pushed_authorization_request_endpoint: `${issuer}/oauth/par`,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    scopes_supported: ['atproto', 'transition:generic', 'transition:chat.bsky', 'transition:email'],
    subject_types_supported: ['public'],
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'fragment', 'form_post'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    prompt_values_supported: ['none', 'login', 'consent', 'select_account', 'create'],
    ui_locales_supported: ['en-US'],
    token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['ES256', 'ES256K', 'RS256'],
    dpop_signing_alg_values_supported: ['ES256', 'ES256K', 'RS256'],
    authorization_response_iss_parameter_supported: true,
    require_pushed_authorization_requests: true,
    require_request_uri_registration: true,
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
