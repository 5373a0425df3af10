import { once } from 'node:events'
import { createServer, request as sendRequest } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './commands.ts'
import { type ArmedFault, Faults } from './faults.ts'
import { LOOPBACK } from './loopback.ts'
import { RequestLog } from './request-log.ts'

/**
 * A reverse proxy, as most PDSes have one in front of them. It keeps the log, and faults happen here: the server
 * behind it acts or does not, and never learns that a client went away.
 */
export class Gate {
  readonly faults: Faults = new Faults()
  readonly log: RequestLog = new RequestLog()
  readonly server: Server = createServer((request, response) => void this.#receive(request, response))
  #innerPort: number | undefined

  /** Lets requests through to a server on loopback. */
  open(innerPort: number): void {
    this.#innerPort = innerPort
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? 'GET'
    const path = request.url?.split('?')[0] ?? '/'
    const note = this.log.open(method, path)
    try {
      await this.#pass(request, response, this.faults.find(method, path), note)
    } catch {
      // The client or the server hung up, and the connection that is left ends with it.
      note(0)
      response.destroy()
    }
  }

  async #pass(
    request: IncomingMessage,
    response: ServerResponse,
    armed: ArmedFault | undefined,
    note: (status: number) => void,
  ): Promise<void> {
    const fault = armed?.fault
    if (!isOfAnswers(fault)) armed?.use()
    if (fault?.kind === 'lose-request') {
      note(0)
      request.socket.destroy()
      return
    }
    const body = await buffer(request)
    if (fault?.kind === 'status') {
      note(fault.status)
      // As the PDS answers: a web page may read it.
      response.writeHead(fault.status, { 'access-control-allow-origin': '*', ...fault.headers }).end(fault.body)
      return
    }
    if (fault?.kind === 'delay') await sleep(fault.ms)
    const answer = await this.#forward(request, body)
    const status = answer.statusCode ?? 0
    note(status)
    if (isOfAnswers(fault) && (fault.onlyStatus ?? status) === status && armed?.use()) {
      if (fault.kind === 'lose-answer') {
        await buffer(answer)
        request.socket.destroy()
        return
      }
      await sleep(fault.ms)
    }
    response.writeHead(status, headersFor(answer.rawHeaders, new Date()))
    await pipeline(answer, response)
  }

  async #forward({ method, url, headers }: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
    const forwarded = sendRequest({
      host: LOOPBACK,
      port: this.#innerPort,
      method,
      path: url,
      agent: false,
      // A server that may close the connection does so when it refuses a long body unread, and its answer is lost.
      headers: { ...headers, connection: 'keep-alive' },
    })
    // One that comes after the answer has begun: whoever reads the answer is told.
    forwarded.on('error', () => {})
    forwarded.end(body)
    const [answer] = await once(forwarded, 'response')
    return answer
  }
}

/** Whether it befalls an answer: the server acts first. */
function isOfAnswers(fault: Fault | undefined): fault is Extract<Fault, { kind: 'lose-answer' | 'delay-answer' }> {
  return fault?.kind === 'lose-answer' || fault?.kind === 'delay-answer'
}

/** Of the connection to the server, which is not the client's. */
const HOP_HEADERS: ReadonlySet<string> = new Set(['connection', 'keep-alive'])

/**
 * The headers of an answer on their way to the client, in the order they came. Node dates its answers by a clock of its
 * own, which cannot be put forward.
 */
function headersFor(rawHeaders: readonly string[], date: Date): string[] {
  // On a connection that it used before, a browser sends a request that was lost once more by itself, and a fault would
  // show or not as chance has it.
  const headers = ['connection', 'close']
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2)
    const lower = name.toLowerCase()
    if (HOP_HEADERS.has(lower)) continue
    if (lower === 'date') headers.push(name, date.toUTCString())
    // WebKit keeps no such cookie of a server on plain http, though it is on this machine.
    else if (lower === 'set-cookie') headers.push(name, value.replace(/;\s*secure(?=;|$)/i, ''))
    else headers.push(name, value)
  }
  return headers
}
