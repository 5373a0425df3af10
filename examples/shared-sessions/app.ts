import { AtproofError, type OAuthClient, type XrpcClient } from 'atproof'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { deleteCookie, getCookie, getSignedCookie, setCookie, setSignedCookie } from 'hono/cookie'
import { csrf } from 'hono/csrf'
import { HTTPException } from 'hono/http-exception'
import { secureHeaders } from 'hono/secure-headers'
import { failurePage, notesPage, signedOutPage, signInPage } from './pages.ts'

const COLLECTION = 'com.example.note'
const HOUR_S = 60 * 60
/** The most that browsers keep a cookie. The session says itself when it ends. */
const COOKIE_AGE_S = 400 * 24 * HOUR_S

export interface AppOptions {
  /** Where the consent page returns to. */
  readonly redirectUri: string
  /** Signs the cookie that holds the id of a session: whoever could choose it would act as any account. */
  readonly cookieSecret: string
}

/** Notes in the accounts of those who sign in. It keeps nothing itself, so that any process can answer any request. */
export function createApp(oauth: OAuthClient, { redirectUri, cookieSecret }: AppOptions): Hono {
  const app = new Hono()
  // Lax: the cookies come along from the consent page.
  const cookie = { httpOnly: true, sameSite: 'Lax', secure: redirectUri.startsWith('https:'), path: '/' } as const

  // No form of another site: it could sign its reader in to an account of its own choice.
  app.use(csrf({ origin: new URL(redirectUri).origin }))
  app.use(secureHeaders(), bodyLimit({ maxSize: 64 * 1024 }))

  async function clientOf(context: Context): Promise<XrpcClient | undefined> {
    const sessionId = await getSignedCookie(context, cookieSecret, 'session')
    return sessionId ? oauth.restore(sessionId) : undefined
  }

  async function sendToConsent(context: Context, whom: string | XrpcClient): Promise<Response> {
    const request = await oauth.authorize(whom, { redirectUri })
    setCookie(context, 'sign-in', request.context, { ...cookie, maxAge: HOUR_S })
    return context.redirect(request.url, 303)
  }

  app.get('/client-metadata.json', (context) => context.json(oauth.clientMetadata))

  app.get('/', async (context) => {
    const client = await clientOf(context)
    if (!client) return context.html(signInPage())
    const { data } = await client.get('com.atproto.repo.listRecords', {
      params: { repo: client.did, collection: COLLECTION, limit: 20 },
    })
    return context.html(
      notesPage(
        client.session,
        data.records.map(({ value }) => textOf(value)),
      ),
    )
  })

  app.post('/sign-in', async (context) => {
    const { handle } = await context.req.parseBody()
    return sendToConsent(context, String(handle ?? ''))
  })

  // Back into the same session: what the app keeps under its id stays where it is.
  app.post('/sign-in-again', async (context) => {
    const client = await clientOf(context)
    return client ? sendToConsent(context, client) : context.redirect('/', 303)
  })

  app.get('/callback', async (context) => {
    const before = await clientOf(context).catch(() => undefined)
    const begun = getCookie(context, 'sign-in') ?? ''
    const { client } = await oauth.callback(new URL(context.req.url).searchParams, { context: begun })
    deleteCookie(context, 'sign-in', cookie)
    await setSignedCookie(context, 'session', client.session.sessionId, cookieSecret, {
      ...cookie,
      maxAge: COOKIE_AGE_S,
    })
    // Nobody could reach it any more.
    if (before && before.session.sessionId !== client.session.sessionId)
      await oauth.revoke(before.session.sessionId)
    return context.redirect('/', 303)
  })

  app.post('/notes', async (context) => {
    const client = await clientOf(context)
    const { text } = await context.req.parseBody()
    if (!client) return context.redirect('/', 303)
    const record = { $type: COLLECTION, text: String(text ?? ''), createdAt: new Date().toISOString() }
    const input = { repo: client.did, collection: COLLECTION, record }
    await client.post('com.atproto.repo.createRecord', { input })
    return context.redirect('/', 303)
  })

  app.post('/sign-out', async (context) => {
    const client = await clientOf(context)
    if (client) await oauth.revoke(client.session.sessionId)
    deleteCookie(context, 'session', cookie)
    return context.html(signedOutPage())
  })

  app.onError((error, context) => {
    if (error instanceof HTTPException) return error.getResponse()
    // For whoever runs the app: it names sessions and servers, and holds no token.
    console.error(error)
    if (!(error instanceof AtproofError)) return context.text('Something went wrong', 500)
    return context.html(failurePage(error), error.retryable ? 503 : 400)
  })
  return app
}

function textOf(record: unknown): string {
  const isNote = typeof record === 'object' && record !== null && 'text' in record
  return isNote && typeof record.text === 'string' ? record.text : ''
}
