import { expect, test } from 'vitest'
import type { AppTab } from './app-tab.ts'
import { decideOn, openConsentWindow, untilConsentPage } from './consent-in.ts'
import { inBothBrowsers } from './in-both-browsers.ts'
import { signInQuietly } from './scene.ts'

/** A text of a record that is worth stealing: tokens, and what a key is made of. */
const SECRET = /^(ref-|eyJ|tok-)|^[\w-]{40,}(\.[\w-]+)*$/

inBothBrowsers((scene) => {
  test('[M3] keys that are stored sign, and leave the browser in no way: of a session, and of a sign-in under way', async () => {
    const { tab } = await scene().openSignedIn()
    await tab.clickSignIn((await scene().newPerson()).handle)
    await untilConsentPage(scene(), tab)
    await tab.open(scene().app.origin)
    const { keys, names } = await tab.storedKeys()
    const key = { extractable: false, exports: Array.from({ length: 3 }, () => 'InvalidAccessError'), signs: true }
    expect(keys).toEqual([key, key])
    expect(names).toContain('x')
    expect(names).not.toContain('d')
  })

  test('[M4] nothing of a token or key stands in localStorage, sessionStorage or a cookie', async () => {
    const { tab, session } = await scene().openSignedIn()
    await tab.clickSignIn((await scene().newPerson()).handle, { state: 'on the way' })
    await untilConsentPage(scene(), tab)
    await tab.open(scene().app.origin)
    const kept = await tab.keptTexts()
    // The account in use, and the sign-in that is under way: no more than that.
    expect(Object.keys(kept).filter((key) => key.startsWith('atproof:'))).toHaveLength(2)
    const secrets = await secretsOf(tab, session.sessionId)
    expect(findAny(JSON.stringify(kept), secrets)).toEqual([])
  })

  test('tabs hear of a sign-in, a refresh, a switch and a sign-out, and no message carries a secret', async () => {
    const { tab, openTab, person, session } = await scene().openExpired()
    const [second, third] = [await openTab(), await openTab()]
    const secrets = new Set(await secretsOf(tab, session.sessionId))

    const other = await scene().newPerson()
    await decideOn(await openConsentWindow(tab, other), other, 'Authorize')
    await tab.signedIn()
    const signedIn = await second.hears('signed_in')
    expect(signedIn).toMatchObject({ did: other.did })
    for (const secret of await secretsOf(second, signedIn.sessionId)) secrets.add(secret)

    expect(await second.switchTo(session.sessionId)).toMatchObject({ session: { did: person.did } })
    expect(await third.hears('switched', session.sessionId)).toMatchObject({ did: person.did })

    expect(await second.call()).toEqual([{ did: person.did }])
    expect(await third.hears('refreshed')).toEqual({
      type: 'refreshed',
      sessionId: session.sessionId,
      did: person.did,
      gen: 2,
    })
    for (const secret of await secretsOf(second, session.sessionId)) secrets.add(secret)

    expect(await second.signOut(session.sessionId)).toEqual({ accepted: true })
    expect(await third.hears('signed_out')).toMatchObject({ sessionId: session.sessionId })

    const messages = (await third.broadcasts()).map(({ message }) => message)
    const types = messages.map(readType)
    expect(types).toEqual(expect.arrayContaining(['signed_in', 'refreshed', 'switched', 'signed_out']))
    expect(findAny(messages.join('\n'), [...secrets])).toEqual([])
    for (const message of messages) expect(fieldsOf(message)).toEqual(expect.any(Array))
    expect(new Set(messages.flatMap(fieldsOf))).toEqual(new Set(['type', 'sessionId', 'did', 'gen']))
  })

  test('[I2] a tab whose account was signed out in another one knows it at once, without asking a server', async () => {
    const { tab, openTab, session, person } = await scene().openSignedIn()
    const second = await openTab()
    expect(await second.call()).toEqual([{ did: person.did }])
    await tab.signOut(session.sessionId)
    await second.hears('signed_out')
    await scene().network.requests()
    expect(await second.call()).toMatchObject([{ name: 'SessionError', code: 'signed_out' }])
    expect(await scene().network.requests()).toEqual([])
    expect(await second.reload()).toEqual({ kind: 'nobody' })
  })

  test('a tab that hears of a refresh sends the new token without a request of its own', async () => {
    const { tab, openTab, person } = await scene().openExpired()
    const second = await openTab()
    expect(await tab.call()).toEqual([{ did: person.did }])
    await second.hears('refreshed')
    await scene().network.requests()
    expect(await second.call()).toEqual([{ did: person.did }])
    const paths = (await scene().network.requests())
      .filter(({ method }) => method !== 'OPTIONS')
      .map(({ path }) => path)
    expect(new Set(paths)).toEqual(new Set(['/xrpc/com.atproto.server.getSession']))
  })

  test('two accounts in two tabs sign in as they were asked to, each into a session of its own', async () => {
    const { tab, openTab, person } = await scene().openSignedIn()
    const [second, other] = [await openTab(), await scene().newPerson()]
    await signInQuietly(second, other)
    expect(await tab.call()).toEqual([{ did: person.did }])
    expect(await second.call()).toEqual([{ did: other.did }])
    expect((await tab.accounts()).map(({ did }) => did).toSorted()).toEqual([person.did, other.did].toSorted())
  })
})

/** What of a stored session nobody else may have: looked for as it stands there. */
async function secretsOf(tab: AppTab, sessionId: string): Promise<readonly string[]> {
  const { accessToken, refreshToken, texts } = await tab.stored(sessionId)
  expect(accessToken.length).toBeGreaterThan(20)
  expect(refreshToken.length).toBeGreaterThan(20)
  const known = new Set([sessionId, ...sessionId.split('/')])
  return [accessToken, refreshToken, ...texts.filter((text) => SECRET.test(text) && !known.has(text))]
}

function findAny(text: string, secrets: readonly string[]): readonly string[] {
  expect(secrets.length).toBeGreaterThan(1)
  return secrets.filter((secret) => text.includes(secret))
}

function readType(message: string): unknown {
  const value: unknown = JSON.parse(message)
  return typeof value === 'object' && value !== null && 'type' in value ? value.type : value
}

/** A message that is a bare word has none. */
function fieldsOf(message: string): readonly string[] {
  const value: unknown = JSON.parse(message)
  return typeof value === 'object' && value !== null ? Object.keys(value) : []
}
