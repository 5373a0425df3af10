import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { fakeNetwork } from 'atproof/testing'
import { expect, test } from 'vitest'
import { MiniClient, generateKey } from './mini-client.ts'
import { signedInAlice } from './scene.ts'

const CLOSED = { name: 'TypeError', message: 'fetch failed: the fake network is closed' }
const TOKEN = '/oauth/token'
const HOST = 'https://other.example'

/** Everything that a network can have under way. `close` is what ends it. */
const BUSY_PROGRAM = (close: string) => `
  import { fakeNetwork } from 'atproof/testing'
  const network = fakeNetwork()
  const client = await network.signIn('alice.test')
  network.fault({ path: '/oauth/token', delay: 'answer', ms: 60_000 })
  network.fault({ path: /hangRequest/, hang: 'request', times: Infinity })
  network.fault({ path: /hangAnswer/, hang: 'answer', times: Infinity })
  network.fault({ path: /hangBody/, hang: 'body', times: Infinity })
  network.respond('com.example.hangBody', () => ({ a: 1 }))
  network.respond('com.example.hangAnswer', () => ({ a: 1 }))
  const ends = []
  const note = (name) => [() => ends.push(name), () => ends.push(name)]
  client.refresh().then(...note('refresh'))
  for (const name of ['hangRequest', 'hangAnswer', 'hangBody']) {
    network.fetch(network.pds + '/xrpc/com.example.' + name).then((response) => response.text()).then(...note(name))
  }
  network.resolveTxt('_atproto.hangRequest').then(...note('dns'))
  network.clock.sleep(1000).then(...note('sleep'))
  network.clock.busy()
  network.clock.auto()
  void network.clock.settle().then(...note('settle'))
  void network.clock.advance(500).then(...note('advance'))
  await new Promise((resolve) => setImmediate(resolve))
  ${close}
  const limit = setTimeout(() => process.exit(ends.push('still running')), 500)
  limit.unref()
  process.on('exit', () => console.log(ends.toSorted().join(' ')))
`

/** What a program of its own prints until it ends. */
function run(program: string): Promise<string> {
  const flags = ['--conditions=atproof-source', '--input-type=module', '--eval', program]
  const cwd = fileURLToPath(new URL('../../..', import.meta.url))
  return new Promise((resolve, reject) => {
    execFile(process.execPath, flags, { cwd }, (_, stdout, stderr) =>
      stderr ? reject(new Error(stderr)) : resolve(stdout.trim()),
    )
  })
}

test(
  'a process ends by itself after close(), whatever was under way, and not before',
  { timeout: 30_000 },
  async () => {
    const ended = 'advance dns hangAnswer hangBody hangRequest refresh settle'
    const [closed, open] = await Promise.all([run(BUSY_PROGRAM('network.close()')), run(BUSY_PROGRAM(''))])
    expect(closed).toBe(ended)
    expect(open).toBe('still running')
  },
)

test('what is under way fails, and so does every fetch from then on', async () => {
  const { network, alice, client, tokens } = await signedInAlice()
  network.host(HOST, () => new Response('body'))
  const { hit } = network.fault({ path: TOKEN, hang: 'request' })
  const refresh = client.refresh(tokens)
  network.host('https://silent.example', () => new Promise(() => {}))
  const silence = network.fetch('https://silent.example')
  const unread = await network.fetch(HOST)
  await hit
  network.close()
  network.close()
  await expect(refresh).rejects.toMatchObject(CLOSED)
  await expect(silence).rejects.toMatchObject(CLOSED)
  await expect(unread.text()).rejects.toMatchObject(CLOSED)
  expect(network.log.to(TOKEN).at(-1)).toMatchObject({ status: undefined, outcome: 'failed' })
  const sent = network.log.length
  await expect(network.fetch(HOST)).rejects.toMatchObject({ ...CLOSED, cause: { code: 'ECONNABORTED' } })
  await expect(network.resolveTxt('_atproto.a.test')).rejects.toMatchObject({ code: 'ETIMEOUT', cause: CLOSED })
  expect([network.log.length, alice.session.refreshCount]).toEqual([sent, 0])
})

test('nothing wakes after close', async () => {
  const { network, alice, client, tokens } = await signedInAlice()
  const late = network.fault({ path: TOKEN, delay: 'request', ms: 1000 })
  const hanging = network.fault({ path: TOKEN, hang: 'request' })
  const requests = [client.refresh(tokens), client.refresh(tokens)].map((each) => each.catch(() => {}))
  await Promise.all([late.hit, hanging.hit])
  network.close()
  hanging.release()
  await network.clock.advance(5000)
  await Promise.all(requests)
  await new Promise((resolve) => setTimeout(resolve, 10))
  expect([network.clock.sleeping, alice.session.refreshCount]).toEqual([0, 0])
})

test('two networks share nothing', async () => {
  const { network: one, alice, client, tokens } = await signedInAlice()
  const other = fakeNetwork()
  other.fault({ path: TOKEN, refuse: true, times: Infinity })
  other.authorizationServerMetadata['issuer'] = 'https://evil.example'
  other.respond('a.b.c', () => ({ a: 1 }))
  other.host(HOST, () => new Response())
  other.txtRecords.set('_atproto.a.test', [['did=a']])
  other.documents.set(`${HOST}/client.json`, {})
  other.serverClockOffsetMs = 1e9
  await other.clock.advance(1e9)
  other.rotateNonces()

  expect(other.account('alice.example.com')).toBe(undefined)
  expect([other.log.length, other.sessionsOf(alice.did)]).toEqual([0, []])
  expect(one.authorizationServerMetadata['issuer']).toBe(one.issuer)
  expect(one.clock.now()).toBe(Date.UTC(2026, 0, 1))
  await expect(one.fetch(HOST)).rejects.toMatchObject({ cause: { code: 'ENOTFOUND' } })
  await expect(one.fetch(`${HOST}/client.json`)).rejects.toThrow('fetch failed')
  await expect(one.resolveTxt('_atproto.a.test')).rejects.toMatchObject({ code: 'ENOTFOUND' })
  expect((await client.call(tokens, 'a.b.c')).status).toBe(400)
  const refreshed = await client.refresh(tokens, { retriesNonce: false })
  expect(refreshed.status).toBe(200)

  const third = fakeNetwork()
  const namesake = third.createAccount('alice.example.com')
  const stranger = new MiniClient(third, client.key)
  stranger.nonces = client.nonces
  const nonce = await stranger.par({}, { retriesNonce: false })
  expect(nonce.json).toMatchObject({ error: 'use_dpop_nonce' })
  expect(await stranger.refresh(refreshed.json)).toMatchObject({ status: 400, json: { error: 'invalid_grant' } })
  expect((await stranger.getSession(refreshed.json)).status).toBe(401)
  third.close()
  const fourth = new MiniClient(one, await generateKey())
  expect((await fourth.signIn(alice)).sub).toBe(namesake.did)
  expect([alice.sessions.length, namesake.sessions.length]).toEqual([2, 0])
})
