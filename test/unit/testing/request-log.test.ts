import { inspect } from 'node:util'
import { fakeNetwork, type FakeNetwork, type Fault, type LogEntry } from 'atproof/testing'
import { expect, test } from 'vitest'
import { alicesNetwork, confidentialAlice, signedInAlice } from './scene.ts'

const HOST = 'https://other.example'
const SECRETS = ['code', 'code_verifier', 'refresh_token', 'token', 'client_assertion', 'request_uri', 'state']

function echoNetwork(): FakeNetwork {
  const network = fakeNetwork()
  network.host(HOST, () => new Response('ok'))
  return network
}

/** Everything in a request that nobody should read, whole and by the parts of its JWTs. */
function secretsOf({ form, headers }: LogEntry): string[] {
  const sent = [...SECRETS.map((name) => form?.get(name)), headers.get('dpop'), headers.get('authorization')]
  return sent.flatMap((value) => value?.split(/[ .]/) ?? []).concat(sent.map((value) => value ?? 'DPoP'))
}

test('prints a line a request: when, who, what, and what came of it', async () => {
  const { network, alice, client } = await alicesNetwork()
  await network.resolveTxt('_atproto.alice.example.com').catch(() => {})
  const tokens = await client.signIn(alice)
  await client.getSession(tokens)
  await network.clock.advance(1500)
  network.fault({ path: '/oauth/token', lose: 'answer' })
  await client.refresh(tokens).catch(() => {})
  network.fault({ path: /getSession/, refuse: true })
  await client.getSession(tokens).catch(() => {})
  network.fault({ path: '/oauth/token', status: 503 })
  await client.refresh(tokens)
  const lines = [
    '0.000  app                TXT   dns:_atproto.alice.example.com                              ENOTFOUND',
    '0.000  app                POST  https://pds.example.com/oauth/par                           400 use_dpop_nonce',
    '0.000  app                POST  https://pds.example.com/oauth/par                           201',
    '0.000  app                POST  https://pds.example.com/oauth/token authorization_code      200',
    '0.000  alice.example.com  GET   https://pds.example.com/xrpc/com.atproto.server.getSession  200',
    '1.500  app                POST  https://pds.example.com/oauth/token refresh_token           200  lost: ECONNRESET  (fault: lose answer)',
    '1.500  alice.example.com  GET   https://pds.example.com/xrpc/com.atproto.server.getSession  failed: ECONNREFUSED  (fault: refuse)',
    '1.500  app                POST  https://pds.example.com/oauth/token refresh_token           503 NotEnoughResources  (fault: status 503)',
  ]
  expect(
    String(network.log)
      .split('\n')
      .map((line) => line.trimEnd()),
  ).toEqual(lines)
  expect(inspect(network.log)).toBe(String(network.log))
})

test('tells what is on its way from what was given up', async () => {
  const network = echoNetwork()
  const lines = () =>
    String(network.log)
      .split('\n')
      .map((line) => line.replace(/^.*example\/. */, ''))
  const hangs = ['request', 'answer', 'request', 'answer'] as const
  const faults = hangs.map((hang, i) => network.fault({ path: `/${i}`, hang } as Fault))
  const controllers = hangs.map(() => new AbortController())
  const requests = controllers.map(({ signal }, i) => network.fetch(`${HOST}/${i}`, { signal }).catch(String))
  await network.clock.settle()
  controllers[2]?.abort()
  controllers[3]?.abort()
  await Promise.all([requests[2], requests[3]])
  expect(lines()).toEqual([
    'no answer yet  (fault: hang request)',
    '200  on its way  (fault: hang answer)',
    'given up  (fault: hang request)',
    '200  given up  (fault: hang answer)',
  ])
  for (const fault of faults) fault.release()
  await Promise.all(requests)
  expect(network.log.last).toMatchObject({ outcome: 'aborted', failure: { name: 'AbortError' } })
})

test.each([
  ['public', signedInAlice],
  ['confidential', confidentialAlice],
])('shows no secret of a %s client, from its sign-in to its sign-out', async (_, sign) => {
  const { network, client, tokens } = await sign()
  await client.getSession(tokens)
  const { json } = await client.refresh(tokens)
  const body = await client.form({ token: json.refresh_token })
  await client.send(`${network.issuer}/oauth/revoke`, { body })
  await network.fetch(`${network.pds}/callback?code=code-abc&iss=x#${json.access_token}`)
  await network.fetch(`${network.pds}/callback/${json.refresh_token}?next=/xrpc/&code=code-def`)
  await network.fetch(`${network.pds}/xrpc/a.b.c?limit=5&token=${json.access_token}&jwt=eyJhbGciOiJub25lIn0.e30.`)
  const secrets = [...network.log].flatMap(secretsOf)
  expect(secrets.length).toBeGreaterThan(20)
  for (const printed of [String(network.log), JSON.stringify(network.log), inspect(network, { depth: 9 })]) {
    expect(printed).toContain('/xrpc/a.b.c?limit=5&token=…&jwt=…')
    expect(printed).not.toMatch(/code-abc|code-def|eyJ/)
    expect(secrets.filter((secret) => secret !== 'DPoP' && printed.includes(secret))).toEqual([])
  }
})

/** The log of a sign-in and a refresh, as a snapshot has it. */
async function runOnce(): Promise<object[]> {
  const network = fakeNetwork()
  const client = await network.signIn('alice.test')
  await network.clock.advance(2000)
  network.fault({ path: '/oauth/token', set: { scope: 'atproto' } })
  await client.refresh().catch(() => {})
  return JSON.parse(JSON.stringify(network.log)) as object[]
}

test('is the same from run to run, for a snapshot', async () => {
  const [first, second] = [await runOnce(), await runOnce()]
  expect(second).toEqual(first)
  expect(first[1]).toEqual({
    seconds: 0,
    from: 'app',
    method: 'GET',
    url: 'https://alice.test/.well-known/atproto-did',
    status: 200,
    outcome: 'answered',
  })
  expect(first.at(-1)).toMatchObject({ seconds: 2, grant: 'refresh_token', faults: ['set scope'] })
})

test('counts, finds, forgets and is gone through', async () => {
  const network = echoNetwork()
  expect([network.log.length, network.log.last, String(network.log)]).toEqual([0, undefined, ''])
  for (const path of ['/a', '/b?c=d', '/a?e=f']) await network.fetch(HOST + path)
  expect(network.log.count('/a')).toBe(2)
  expect(network.log.count(`${HOST}/b`)).toBe(1)
  expect(network.log.count(/c=d/g)).toBe(1)
  expect(network.log.count(/https/gy)).toBe(3)
  expect(network.log.count('/c')).toBe(0)
  expect(network.log.to('/a').map(({ url }) => url)).toEqual([`${HOST}/a`, `${HOST}/a?e=f`])
  expect(network.log.last?.path).toBe('/a')
  const before = network.log.entries
  for (const { path } of network.log) await network.fetch(HOST + path)
  expect([before.length, network.log.length]).toEqual([3, 6])
  network.log.clear()
  expect([network.log.length, [...network.log]]).toEqual([0, []])
})

test('an entry says what struck it, in the order of striking', async () => {
  const network = echoNetwork()
  network.fault({ path: HOST, delay: 'request', ms: 0 })
  network.fault({
    path: HOST,
    alter: async (response) => Response.json({ error: await response.text() }, { status: 500 }),
  })
  network.fault({ path: HOST, nonce: 'wrong', times: Infinity })
  network.fault({ path: HOST, redirect: `${HOST}/?code=secret` })
  await network.fetch(HOST)
  expect(network.log.last).toMatchObject({
    faults: ['delay request', 'alter', 'nonce wrong'],
    status: 500,
    error: 'ok',
  })
  await network.fetch(HOST)
  expect(network.log.entries[1]).toMatchObject({ status: 307, faults: ['redirect', 'nonce wrong'] })
})

test('an error is not read off a body that was broken', async () => {
  const network = fakeNetwork()
  network.host(HOST, () => Response.json({ error: 'first' }, { status: 500 }))
  network.fault({ path: HOST, hang: 'body' })
  expect((await network.fetch(HOST)).status).toBe(500)
  expect(network.log.last).toMatchObject({ status: 500, error: 'first' })
})
