import type { BrowserClientOptions } from 'atproof/browser'
import type { AppTab, BrowserScene } from './scene.ts'

/** Where the app of a web client is served. */
export const SITE = 'https://app.example.com'
export const CLIENT_ID = `${SITE}/client-metadata.json`
export const SITE_CALLBACK = `${SITE}/callback`

/** Serves the metadata of a web client. */
export function serveMetadata({ network }: BrowserScene, changes: Readonly<Record<string, unknown>> = {}): void {
  network.documents.set(CLIENT_ID, {
    client_id: CLIENT_ID,
    redirect_uris: [SITE_CALLBACK],
    scope: 'atproto transition:generic',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: 'web',
    dpop_bound_access_tokens: true,
    ...changes,
  })
}

/** Opens the app of a web client where it is served, with the kinds of options that most apps have. */
export function openSite(
  scene: BrowserScene,
  options: Partial<BrowserClientOptions> = {},
  href = `${SITE}/`,
): AppTab {
  return scene.open(href, { clientId: CLIENT_ID, redirectUri: SITE_CALLBACK, ...options })
}
