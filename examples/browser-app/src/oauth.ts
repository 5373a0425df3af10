import { type BrowserClientOptions, OAuthClient } from 'atproof/browser'

/** Where the metadata of the client is served. Left out, it is the loopback client, for development. */
const clientId: string | undefined = import.meta.env['VITE_CLIENT_ID']

/** The network of a test or of `npm run demo:web`, as JSON. Left out, it is the public one. */
const network: Pick<BrowserClientOptions, 'plcDirectory' | 'handleResolver' | 'allowLoopback'> = JSON.parse(
  import.meta.env['VITE_NETWORK'] ?? '{}',
)

/** The app's client. Its sessions live in the browser's IndexedDB, their keys so that nobody can read them. */
export const oauth: OAuthClient = new OAuthClient({
  clientId,
  redirectUri: clientId ? `${location.origin}/` : 'http://127.0.0.1/',
  scope: 'atproto repo:com.example.note',
  ...network,
})
