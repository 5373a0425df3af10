import { generateKeyPairSync, sign } from 'node:crypto'
import { randomToken } from '../../src/testing/random-token.ts'
import { type ContractScene, outcomeOf, publicDocument } from './scene.ts'

/**
 * Where the fake network does not do as the real one. A test asks both about each; those of XRPC are in
 * `xrpc-differences.ts`.
 */
export interface Difference {
  readonly what: string
  readonly real: string
  readonly fake: string
  readonly why: string
  readonly ask: (scene: ContractScene) => Promise<string>
}

/** A pushed request whose proof names its target like this. */
const pushWithTarget =
  (ending: string) =>
  async ({ world, newClient }: ContractScene): Promise<string> =>
    outcomeOf(await (await newClient()).par({}, { proofPayload: { htu: `${world.issuer}/oauth/par${ending}` } }))

export const DIFFERENCES: readonly Difference[] = [
  {
    what: 'a query in htu',
    real: '201',
    fake: '401 invalid_dpop_proof',
    why: 'the reference server takes it "for legacy reasons"; RFC 9449 §4.2 has it left out, and other servers refuse it',
    ask: pushWithTarget('?a=b'),
  },
  {
    what: 'a fragment in htu',
    real: '201',
    fake: '401 invalid_dpop_proof',
    why: 'as with a query',
    ask: pushWithTarget('#a'),
  },
  {
    what: 'a parameter given twice',
    real: '201',
    fake: '400 invalid_request',
    why: 'RFC 6749 §3.1 forbids it; the reference server takes the last one, and the next server the first',
    async ask({ world, newClient }) {
      const client = await newClient()
      const form = await client.form({ response_type: 'code', scope: 'atproto', redirect_uri: client.redirectUri })
      const pkce = { code_challenge: 'x'.repeat(43), code_challenge_method: 'S256', state: 'a' }
      const body = new URLSearchParams([...form, ...Object.entries(pkce), ['state', 'b']])
      return outcomeOf(await client.send(`${world.issuer}/oauth/par`, { body }))
    },
  },
  {
    what: 'a client assertion without exp',
    real: '201',
    fake: '400 invalid_client',
    why: 'RFC 7523 §3 requires it; a comment in the reference server says that it should, and spares old clients',
    async ask({ newConfidentialClient }) {
      const { client, keys } = await newConfidentialClient()
      return outcomeOf(await client.par({ client_assertion: await client.assert(keys[0], { exp: undefined }) }))
    },
  },
  {
    what: 'a proof signed with the key of the client assertion',
    real: '201',
    fake: '400 invalid_request',
    why: 'the reference server means to refuse it, and compares a sha-256 thumbprint with a sha-512 one',
    async ask({ newConfidentialClient }) {
      const { client, keys } = await newConfidentialClient()
      return outcomeOf(await client.par({}, { key: keys[0] }))
    },
  },
  {
    what: 'a proof signed with ES256K',
    real: '201',
    fake: '401 invalid_dpop_proof',
    why: 'the fake network verifies with WebCrypto, which has no secp256k1',
    async ask({ world, newClient }) {
      const client = await newClient()
      await client.par()
      return outcomeOf(await client.par({}, { proof: proveWithK256(world, client.nonces.get(world.issuer)) }))
    },
  },
  {
    what: 'an authorization URL without a pushed request',
    real: 'an answer to the client',
    fake: 'an error page',
    why: 'the metadata says that pushed requests are required; the reference server does without all the same',
    async ask({ world, person, newClient }) {
      const { clientId: client_id, redirectUri: redirect_uri } = await newClient()
      const params = { client_id, redirect_uri, response_type: 'code', scope: 'atproto' }
      // Of two answers the one that needs no page: a public client may not ask for this.
      const pkce = { prompt: 'none', code_challenge: randomToken('challenge'), code_challenge_method: 'S256' }
      const url = `${world.issuer}/oauth/authorize?${new URLSearchParams({ ...params, ...pkce })}`
      return person.approve(url).then(
        () => 'an answer to the client',
        () => 'an error page',
      )
    },
  },
  {
    what: 'a client metadata document at example.com',
    real: '400 invalid_client_metadata',
    fake: '201',
    why: 'the reference server never asks that host; the fake network is made of such names, so that no test is at a real one',
    async ask({ world, newClient }) {
      const [path, client] = [`/${randomToken('client')}.json`, await newClient()]
      client.clientId = `https://app.example.com${path}`
      await world.publish(path, { ...publicDocument(path), client_id: client.clientId })
      client.redirectUri = 'https://app.atproof.internal/callback'
      return outcomeOf(await client.par())
    },
  },
  {
    what: 'the type of the key in a DID document',
    real: 'EcdsaSecp256k1VerificationKey2019',
    fake: 'Multikey',
    why: 'the package with the PLC directory is an old one; plc.directory answers as the fake network does',
    async ask({ world, person }) {
      const document = await (await world.fetch(`${world.plc}/${person.did}`)).json()
      return document.verificationMethod[0].type
    },
  },
]

/** A proof of a pushed request, made by hand: neither jose nor WebCrypto knows this curve. */
function proveWithK256(world: ContractScene['world'], nonce: string | undefined): string {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
  const iat = Math.floor(world.now() / 1000)
  const claims = { jti: randomToken('jti'), htm: 'POST', htu: `${world.issuer}/oauth/par`, iat, nonce }
  const header = { typ: 'dpop+jwt', alg: 'ES256K', jwk: publicKey.export({ format: 'jwk' }) }
  const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}
