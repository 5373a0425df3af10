import { untilAborted } from '../http/deadline.ts'
import { joinPath } from '../http/join-path.ts'
import { withBody } from '../http/request-body.ts'
import { assertAllowed } from '../http/allowed-url.ts'
import { assertNoRedirect, fetchOnce, type Transport } from '../http/transport.ts'
import { conceal, SHORTEST_SECRET } from '../syntax/conceal.ts'
import type { Sent, Session, XrpcRequest } from './session.ts'

/** Nobody at all: requests go to a service without authority. */
export class ServiceSession implements Session<undefined> {
  readonly did: undefined = undefined
  readonly info: undefined = undefined
  readonly #transport: Transport
  readonly #origin: string

  constructor(transport: Transport, origin: string) {
    this.#transport = transport
    this.#origin = origin
  }

  async send(request: XrpcRequest): Promise<Sent<undefined>> {
    const url = joinPath(this.#origin, request.path)
    assertAllowed(this.#transport, url)
    const { method, headers, body, signal } = request
    const init = withBody({ method, headers, signal }, await body?.())
    const response = await untilAborted(signal, fetchOnce(this.#transport, url, init))
    assertNoRedirect(url, response)
    // The authority that a caller gave in a header of its own, such as a service token: a server may repeat it.
    const token = headers.get('authorization')?.split(' ').at(-1) ?? ''
    const secrets = token.length < SHORTEST_SECRET ? [] : [token]
    return { response, session: this, conceal: (text) => conceal(text, secrets) }
  }

  /** There is nothing to refresh. */
  async refresh(): Promise<ServiceSession> {
    return this
  }
}
