import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { OAuthClient } from 'atproof'
import { loginLoopback, type LoginLoopbackOptions } from 'atproof/node'
import { expect, test, vi } from 'vitest'
import { alicesProgram, visit } from './scene.ts'

test('signs in through the page that it opens, and hands the state back', async () => {
  const { network, alice, oauth } = alicesProgram()
  let page: Promise<Response> | undefined
  const { client, state } = await loginLoopback(oauth, alice.handle, {
    state: 'to the inbox',
    open: (url) => {
      page = visit(network.approve(url))
    },
  })
  expect(client.did).toBe(alice.did)
  expect(state).toBe('to the inbox')
  const response = await page
  expect(response?.status).toBe(200)
  expect(await response?.text()).toContain('You are signed in')
})

test('[D7] hands the wishes of the app on to the page', async () => {
  const { network, alice, oauth } = alicesProgram()
  await loginLoopback(oauth, alice.handle, {
    prompt: ['create', 'login'],
    locale: 'de',
    scope: 'atproto',
    open: (url) => void visit(network.approve(url)),
  })
  const pushed = network.log.to('/oauth/par').at(-1)?.form
  expect(pushed?.get('prompt')).toBe('create')
  expect(pushed?.get('ui_locales')).toBe('de')
  expect(pushed?.get('scope')).toBe('atproto')
})

test('comes back in the query, whatever plain JavaScript asks for: a fragment never leaves the browser', async () => {
  const { network, alice, oauth } = alicesProgram()
  const options = { open: (url: string) => void visit(network.approve(url)), responseMode: 'fragment' }
  const { client } = await loginLoopback(oauth, alice.handle, options)
  expect(client.did).toBe(alice.did)
  expect(network.log.to('/oauth/par').at(-1)?.form?.has('response_mode')).toBe(false)
})

test('[C9] takes a free port of 127.0.0.1, and lets it go in the end', async () => {
  const { network, alice, oauth } = alicesProgram()
  let callback = new URL('http://unused.example.com')
  await loginLoopback(oauth, alice.handle, {
    open: (url) => {
      callback = new URL(network.approve(url))
      void visit(callback.href)
    },
  })
  expect(callback.hostname).toBe('127.0.0.1')
  expect(Number(callback.port)).toBeGreaterThan(1023)
  await expect(visit(callback.href)).rejects.toThrow(TypeError)
})

test('takes the port that the redirect URI names, and says when somebody else has it', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const { alice, oauth } = alicesProgram({ redirectUri: `http://127.0.0.1:${port}/callback` })
  const failure = loginLoopback(oauth, alice.handle, { open: () => {} })
  await expect(failure).rejects.toMatchObject({ code: 'EADDRINUSE' })
  // Who has given up before does not even ask for it.
  const reason = new Error('the person pressed Ctrl-C')
  const late = loginLoopback(oauth, alice.handle, { open: () => {}, signal: AbortSignal.abort(reason) })
  await expect(late).rejects.toBe(reason)
  other.close()
})

test('fails with the reason when the person refuses', async () => {
  const { network, alice, oauth } = alicesProgram()
  const failure = loginLoopback(oauth, alice.handle, { open: (url) => void visit(network.deny(url)) })
  await expect(failure).rejects.toMatchObject({ code: 'access_denied' })
})

test('[E5] goes on waiting when somebody else on this machine calls', async () => {
  const { network, alice, oauth } = alicesProgram()
  const statuses: number[] = []
  const { client } = await loginLoopback(oauth, alice.handle, {
    async open(url) {
      const callback = network.approve(url)
      const forged = '/callback?state=forged&code=x&iss=https://pds.example.com'
      for (const path of ['/', '/callback', forged, `${forged}&state=twice`, `${forged}&response=x`]) {
        statuses.push((await visit(new URL(path, callback).href)).status)
      }
      void visit(callback)
    },
  })
  expect(statuses).toEqual([404, 404, 404, 404, 404])
  expect(client.did).toBe(alice.did)
})

test('answers a browser that asks twice alike, and signs in once', async () => {
  const { network, alice, oauth } = alicesProgram()
  let pages: Promise<Response[]> | undefined
  await loginLoopback(oauth, alice.handle, {
    open: (url) => {
      const callback = network.approve(url)
      pages = Promise.all([visit(callback), visit(callback)])
    },
  })
  expect((await pages)?.map(({ status }) => status)).toEqual([200, 200])
  expect(network.log.to('/oauth/token')).toHaveLength(1)
})

test('ends when the page has returned, though what opened it never does', async () => {
  const { network, alice, oauth } = alicesProgram()
  const { client } = await loginLoopback(oauth, alice.handle, {
    open: (url) => {
      void visit(network.approve(url))
      return new Promise(() => {})
    },
  })
  expect(client.did).toBe(alice.did)
})

test('ends the waiting when the caller aborts, with its reason', async () => {
  const { alice, oauth } = alicesProgram()
  const caller = new AbortController()
  const reason = new Error('the person pressed Ctrl-C')
  const failure = loginLoopback(oauth, alice.handle, { open: () => caller.abort(reason), signal: caller.signal })
  await expect(failure).rejects.toBe(reason)
})

test('fails with the reason when the page cannot be opened', async () => {
  const { alice, oauth } = alicesProgram()
  const reason = new Error('no browser')
  await expect(loginLoopback(oauth, alice.handle, { open: () => Promise.reject(reason) })).rejects.toBe(reason)
})

test.each([undefined, {}, { open: 'firefox' }])('needs to know how to show the page: %j', async (options) => {
  const { network, oauth } = alicesProgram()
  const login = loginLoopback(oauth, 'alice.example.com', options as unknown as LoginLoopbackOptions)
  await expect(login).rejects.toThrow(/^open: expected a function/)
  expect(network.log.entries).toEqual([])
})

test('gives up when nobody has come back for as long as a sign-in is good', async () => {
  const { alice, oauth } = alicesProgram()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const login = loginLoopback(oauth, alice.handle, { open: () => vi.advanceTimersByTime(60 * 60_000) })
    await expect(login).rejects.toMatchObject({ code: 'sign_in_expired', action: 'sign in again' })
  } finally {
    vi.useRealTimers()
  }
})

test.each([
  ['approves', 'approve', /^did:plc:/],
  ['refuses', 'deny', /^access_denied$/],
  ['has no browser', 'close', /^no browser$/],
  ['presses Ctrl-C', 'abort', /^Ctrl-C$/],
  ['never decides', 'wait', /^sign_in_expired$/],
])('keeps no process alive where the person %s', async (_, deed, ending) => {
  const { ended, kept } = await runProgram(deed)
  expect(ended).toMatch(ending)
  expect(kept).toBe('nothing')
})

test.each([
  ['approve', 'You are signed in'],
  ['deny', 'You are not signed in'],
])('has shown the page whole before a program goes on that exits at once: %s', async (deed, title) => {
  const { ended, page } = await runProgram(deed, 'and-exit')
  expect(ended).not.toBe('')
  expect(page).toContain(title)
  expect(page).toContain('</html>')
})

test('needs a loopback redirect URI', async () => {
  const { network, oauth } = alicesProgram()
  const web = new OAuthClient({
    clientId: 'https://app.example.com/client-metadata.json',
    redirectUri: 'https://app.example.com/callback',
    fetch: network.fetch,
  })
  await expect(loginLoopback(web, 'alice.example.com', { open: () => {} })).rejects.toThrow(TypeError)
  expect(network.log.entries).toEqual([])
  expect(oauth.clientMetadata.application_type).toBe('native')
})

/** Runs program.ts, and is the browser of its person. */
async function runProgram(...options: readonly string[]) {
  const program = fileURLToPath(new URL('program.ts', import.meta.url))
  const parameters = ['--conditions=atproof-source', program, ...options]
  const running = promisify(execFile)(process.execPath, parameters, { timeout: 20_000 })
  let page = Promise.resolve('')
  running.child.stdout?.on('data', (text: string) => {
    const [, url] = /^visit (\S+)$/m.exec(text) ?? []
    if (url !== undefined) page = visit(url).then((response) => response.text())
  })
  const { stdout } = await running
  const said = (word: string) => new RegExp(`^${word} (.*)$`, 'm').exec(stdout)?.[1] ?? ''
  return { ended: said('ended'), kept: said('kept'), page: await page }
}
