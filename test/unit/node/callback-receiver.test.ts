import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { setImmediate } from 'node:timers/promises'
import { loginLoopback } from 'atproof/node'
import { describe, expect, test, vi } from 'vitest'
import { alicesProgram, ask, visit } from './scene.ts'

const PAGE_HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** Alice's browser is sent back to her program, and does what the test says. */
async function whenBack<T>(
  act: (callback: URL) => Promise<T>,
  { network, alice, oauth } = alicesProgram(),
): Promise<{ readonly seen: T; readonly did: string }> {
  const seen = Promise.withResolvers<T>()
  const { client } = await loginLoopback(oauth, alice.handle, {
    open: (url) => {
      const callback = new URL(network.approve(url))
      act(callback)
        .then(seen.resolve, seen.reject)
        .then(() => visit(callback.href))
        // A tab that was sent to the page and did not go is waited for, too.
        .then(({ url: page }) => visit(page))
        .catch(() => {})
    },
  })
  return { seen: await seen.promise, did: client.did }
}

/** Alice's browser asks for the redirect, and not for the page. */
function halfwayBack() {
  const { network, alice, oauth } = alicesProgram()
  const halfway = Promise.withResolvers<string>()
  const caller = new AbortController()
  let settled = false
  const login = loginLoopback(oauth, alice.handle, {
    signal: caller.signal,
    async open(url) {
      const callback = network.approve(url)
      await ask(callback)
      halfway.resolve(callback)
    },
  }).finally(() => (settled = true))
  return { login, caller, halfway: halfway.promise, alice, isSettled: () => settled }
}

describe('[E7] the address of the page', () => {
  test('[E7] is the redirect URI without the code and the state', async () => {
    const { network, alice, oauth } = alicesProgram()
    const back = Promise.withResolvers<readonly [first: Response, page: Response]>()
    await loginLoopback(oauth, alice.handle, {
      async open(url) {
        const callback = network.approve(url)
        const first = await ask(callback)
        const location = new URL(first.headers.get('location') ?? '', callback)
        expect(location.href).toBe(callback.replace(/\?.*/, ''))
        back.resolve([first, await ask(location.href)])
      },
    })
    const [first, page] = await back.promise
    // 303: gone from the history of the tab, and the code is in no page that could be shown again.
    expect(first.status).toBe(303)
    expect(page.status).toBe(200)
    const html = await page.text()
    expect(html).toContain('You are signed in')
    expect(html).toContain('alice.example.com')
    expect(html).not.toMatch(/code=|state=|<script/)
  })

  test('[E7] keeps the query that the redirect URI has of its own', async () => {
    const program = alicesProgram({ redirectUris: ['http://127.0.0.1/callback?app=notes'] })
    const { seen } = await whenBack((callback) => ask(callback.href), program)
    expect(seen.headers.get('location')).toBe('/callback?app=notes')
  })

  test('[E7] is as clean where the person refused, and the page says so', async () => {
    const { network, alice, oauth } = alicesProgram()
    let page: Promise<Response> | undefined
    const failure = loginLoopback(oauth, alice.handle, {
      open: (url) => {
        page = visit(network.deny(url))
      },
    })
    await expect(failure).rejects.toMatchObject({ code: 'access_denied' })
    const response = await page
    expect(new URL(response?.url ?? '').search).toBe('')
    expect(response?.status).toBe(400)
    expect(await response?.text()).toContain('The sign-in was refused')
  })

  test('[E7] is as clean where the code was refused, and the page repeats nothing that the server says', async () => {
    const { network, alice, oauth } = alicesProgram()
    const answer = { error: 'invalid_grant', error_description: '<b>from the server</b>' }
    network.fault({ path: '/oauth/token', respond: () => Response.json(answer, { status: 400 }) })
    let page: Promise<Response> | undefined
    const failure = loginLoopback(oauth, alice.handle, {
      open: (url) => {
        page = visit(network.approve(url))
      },
    })
    await expect(failure).rejects.toMatchObject({ code: 'code_refused' })
    const response = await page
    expect(new URL(response?.url ?? '').search).toBe('')
    const html = await response?.text()
    expect(html).toContain('Something went wrong')
    expect(html).not.toContain('from the server')
  })

  test('[E7] [E5] is as clean for a response to another sign-in, which ends nothing', async () => {
    const program = alicesProgram()
    const other = await program.oauth.authorize(program.alice.handle)
    const foreign = new URL(program.network.approve(other.url)).search
    const { seen, did } = await whenBack((callback) => visit(new URL(foreign, callback).href), program)
    expect(seen.url).toMatch(/\/callback$/)
    expect(seen.status).toBe(404)
    expect(await seen.text()).toContain('Not signed in yet')
    expect(did).toBe(program.alice.did)
    // Nor does it end the other one.
    const again = await program.oauth.callback(foreign, { context: other.context })
    expect(again.client.did).toBe(program.alice.did)
  })

  test('[E4] [E5] is as clean for a response that was doctored, and the true one still counts', async () => {
    const program = alicesProgram()
    const { seen, did } = await whenBack((callback) => visit(`${callback.href}&code=another`), program)
    expect(seen.url).toMatch(/\/callback$/)
    expect(seen.status).toBe(404)
    expect(did).toBe(program.alice.did)
  })

  test('[E5] stays open for its own response while an old tab is loaded again', async () => {
    const program = alicesProgram()
    let old = ''
    await whenBack(async ({ search }) => void (old = search), program)
    const { seen, did } = await whenBack((callback) => visit(new URL(old, callback).href), program)
    expect(seen.status).toBe(404)
    expect(did).toBe(program.alice.did)
  })
})

describe('every answer', () => {
  test.each([
    ['the redirect', 303, {}],
    ['the page before anybody is back', 404, { path: '/callback' }],
    ['an icon', 404, { path: '/favicon.ico' }],
    ['another path', 404, { path: '/callback/' }],
    ['a path that is none', 404, { path: '//' }],
    ['a whole URL for a path', 404, { path: 'http://evil.example.com/callback?state=x' }],
    ['HEAD', 405, { method: 'HEAD' }],
    ['POST', 405, { method: 'POST' }],
    ['OPTIONS', 405, { method: 'OPTIONS' }],
    ['another host', 421, { headers: { host: 'evil.example.com' } }],
    ['the name of the host, which can lead elsewhere', 421, { headers: { host: 'localhost' } }],
    ['no port', 421, { headers: { host: '127.0.0.1' } }],
  ])(
    '[M4] [C9] ends no sign-in but by GET, sets no cookie and is kept nowhere: %s is answered %i',
    async (_, status, options) => {
      const program = alicesProgram()
      const { seen, did } = await whenBack(async (callback) => {
        const response = await ask(callback.href, options)
        // The code is spent by none of these, save the redirect.
        expect(program.network.log.to('/oauth/token')).toHaveLength(status === 303 ? 1 : 0)
        return response
      }, program)
      expect(seen.status).toBe(status)
      expect(Object.fromEntries(seen.headers)).toMatchObject(PAGE_HEADERS)
      expect(seen.headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; style-src 'sha256-[^']+'; /,
      )
      expect(seen.headers.getSetCookie()).toEqual([])
      expect(seen.headers.get('access-control-allow-origin')).toBeNull()
      expect(did).toBe(program.alice.did)
    },
  )
})

describe('the port', () => {
  test('[C9] is open at 127.0.0.1 and at no other address of this machine', async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((addresses = []) => addresses)
      .filter(({ family, address }) => family === 'IPv4' && address !== '127.0.0.1')
      .map(({ address }) => address)
    const { seen } = await whenBack((callback) =>
      Promise.allSettled(
        ['127.0.0.2', ...others].map((address) => ask(`http://${address}:${callback.port}/callback`)),
      ),
    )
    expect(seen.map(({ status }) => status)).toEqual(seen.map(() => 'rejected'))
  })

  test('[C9] is open at [::1] where the redirect URI says so', async () => {
    const program = alicesProgram({ redirectUris: ['http://[::1]/callback'] })
    const { seen, did } = await whenBack((callback) => visit(callback.href), program)
    expect(new URL(seen.url).hostname).toBe('[::1]')
    expect(seen.status).toBe(200)
    expect(did).toBe(program.alice.did)
  })

  test.each(['http://127.0.0.1', 'http://127.0.0.1/', 'http://127.0.0.1?app=notes'])(
    '[C9] is put into a redirect URI and changes nothing else of it: %s',
    async (redirectUri) => {
      const program = alicesProgram({ redirectUris: [redirectUri] })
      const { did } = await whenBack(async (callback) => visit(callback.href), program)
      expect(did).toBe(program.alice.did)
      const sent = program.network.log.to('/oauth/par')[0]?.form?.get('redirect_uri') ?? ''
      expect(sent.replace(/:\d+/, '')).toBe(redirectUri)
    },
  )
})

describe('the end', () => {
  test('waits for the page to be shown, two seconds at most', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    try {
      const { login, halfway, alice, isSettled } = halfwayBack()
      await halfway
      vi.advanceTimersByTime(1_999)
      await setImmediate()
      expect(isSettled()).toBe(false)
      vi.advanceTimersByTime(1)
      expect((await login).client.did).toBe(alice.did)
    } finally {
      vi.useRealTimers()
    }
  })

  test('comes with the page, where the page is asked for', async () => {
    const { login, halfway, alice } = halfwayBack()
    const page = await visit((await halfway).replace(/\?.*/, ''))
    expect(await page.text()).toContain('You are signed in')
    expect((await login).client.did).toBe(alice.did)
  })

  test('comes at once when the caller aborts, who is signed in all the same', async () => {
    // The two seconds never pass.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    try {
      const { login, halfway, caller, alice } = halfwayBack()
      await halfway
      caller.abort()
      expect((await login).client.did).toBe(alice.did)
    } finally {
      vi.useRealTimers()
    }
  })

  test('hangs up on whoever has connected and asked for nothing, as browsers do to be fast', async () => {
    const idle = Promise.withResolvers<Socket>()
    await whenBack(async ({ hostname, port }) => {
      const socket = connect(Number(port), hostname)
      await once(socket, 'connect')
      idle.resolve(socket)
    })
    const socket = await idle.promise
    if (!socket.closed) await once(socket, 'close')
    expect(socket.bytesWritten).toBe(0)
  })

  test.each([
    ['the browser is closed', (end: () => void) => end()],
    ['the hour is over', () => void vi.advanceTimersByTime(60 * 60_000)],
  ])('takes no sign-in back that is being finished: %s', async (_, happen) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const closed = Promise.withResolvers<void>()
      const { network, alice, oauth: given } = alicesProgram()
      const { oauth } = alicesProgram({
        ...network.clientOptions,
        async fetch(url, init) {
          if (url.endsWith('/oauth/token')) {
            happen(() => closed.reject(new Error('the browser was closed')))
            await setImmediate()
          }
          return network.fetch(url, init)
        },
      })
      expect(oauth.clientMetadata).toEqual(given.clientMetadata)
      const { client } = await loginLoopback(oauth, alice.handle, {
        open: (url) => {
          void visit(network.approve(url))
          return closed.promise
        },
      })
      expect(client.did).toBe(alice.did)
    } finally {
      vi.useRealTimers()
    }
  })

  test('is the same page for each of several tabs that come back', async () => {
    const { network, alice, oauth } = alicesProgram()
    let pages: Promise<string[]> | undefined
    await loginLoopback(oauth, alice.handle, {
      open: (url) => {
        const callback = network.approve(url)
        const texts = [1, 2, 3].map(async () => (await visit(callback)).text())
        pages = Promise.all(texts)
      },
    })
    const [first, ...others] = (await pages) ?? []
    expect(first).toContain('You are signed in')
    expect(others).toEqual([first, first])
    expect(network.log.to('/oauth/token')).toHaveLength(1)
  })
})

test('[M7] the consent page is opened by the program and fetched by nothing of ours', async () => {
  const { network, alice, oauth } = alicesProgram()
  const opened: string[] = []
  await loginLoopback(oauth, alice.handle, {
    open: (url) => {
      opened.push(url)
      void visit(network.approve(url))
    },
  })
  expect(opened).toHaveLength(1)
  const { origin, pathname, searchParams } = new URL(opened[0] ?? '')
  expect([...searchParams.keys()]).toEqual(['client_id', 'request_uri'])
  const asked = network.log.entries.map(({ url }) => url)
  expect(asked.length).toBeGreaterThan(0)
  expect(asked.filter((url) => url.startsWith(origin + pathname) && url.includes('request_uri'))).toEqual([])
  expect(network.log.to(pathname)).toEqual([])
})
