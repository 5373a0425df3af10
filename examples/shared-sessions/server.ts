import { serve } from '@hono/node-server'
import { OAuthClient, type OAuthClientOptions } from 'atproof'
import { createApp } from './app.ts'
import { openStorage } from './storage.ts'

const port = Number(process.env['PORT'] ?? 8080)
/** Where people find the app, as https. Left out, it is the loopback client, for development on this machine. */
const publicUrl = process.env['PUBLIC_URL']

const redirectUri = `${publicUrl ?? `http://127.0.0.1:${port}`}/callback`
const storage = await openStorage(read('STORAGE_URL'), [read('STORAGE_KEY')]).catch(end)
const oauth = new OAuthClient({
  ...(publicUrl ? asConfidentialClient(publicUrl) : { redirectUri: 'http://127.0.0.1/callback' }),
  scope: 'atproto transition:generic',
  storage,
  sealKeys: [read('SEAL_KEY')],
  onEvent: ({ type, did }) => console.log(type, did),
  ...readNetwork(),
})
const { fetch } = createApp(oauth, { redirectUri, cookieSecret: read('COOKIE_KEY') })
serve({ fetch, port, hostname: '127.0.0.1' }, () => console.log(`listening on http://127.0.0.1:${port}`))

function asConfidentialClient(url: string): Partial<OAuthClientOptions> {
  return {
    clientId: `${url}/client-metadata.json`,
    redirectUri: `${url}/callback`,
    keys: [JSON.parse(read('CLIENT_KEY'))],
  }
}

/** Whoever runs the app mends it and starts it again. */
function end(error: Error): never {
  console.error(error.message)
  process.exit(1)
}

/** Another network than the public one, such as that of a test: see `allowLoopback`. */
function readNetwork(): Partial<OAuthClientOptions> {
  return JSON.parse(process.env['NETWORK'] ?? '{}')
}

function read(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set: see README.md`)
  return value
}
