import { type Account, type FakeNetwork, fakeNetwork } from 'atproof/testing'

export interface PdsAnswer {
  readonly status: number
  readonly headers: Headers
  readonly json: Readonly<Record<string, unknown>>
}

export interface PdsScene {
  readonly network: FakeNetwork
  readonly alice: Account
  /** Calls a method of the PDS with these headers: a GET, or a POST of this JSON. */
  call(nsid: string, headers?: Readonly<Record<string, string>>, input?: unknown): Promise<PdsAnswer>
  /** What `createSession` answers. */
  logIn(): Promise<{ readonly accessJwt: string; readonly refreshJwt: string }>
}

/** A network with alice, whom a test calls for with her password: no OAuth stands between it and the PDS. */
export function pdsScene(network: FakeNetwork = fakeNetwork()): PdsScene {
  const alice = network.createAccount('alice.test')
  const call: PdsScene['call'] = async (nsid, headers = {}, input) => {
    const response = await network.fetch(`${network.pds}/xrpc/${nsid}`, {
      headers: { ...headers, ...(input !== undefined && { 'content-type': 'application/json' }) },
      ...(input !== undefined && { method: 'POST', body: JSON.stringify(input) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, json: text ? JSON.parse(text) : {} }
  }
  return {
    network,
    alice,
    call,
    async logIn() {
      const input = { identifier: alice.handle, password: alice.password }
      const { json } = await call('com.atproto.server.createSession', {}, input)
      return { accessJwt: String(json.accessJwt), refreshJwt: String(json.refreshJwt) }
    },
  }
}

export function bearer(token: string): { readonly authorization: string } {
  return { authorization: `Bearer ${token}` }
}
