import { setTimeout as pause } from 'node:timers/promises'
import { AtproofError, type XrpcClient } from 'atproof'
import type { App } from '../clients.ts'
import type { ClientKind, Order } from '../messages.ts'
import type { ScaledClock } from '../scaled-clock.ts'
import type { SeededRandom } from '../seeded-random.ts'
import type { Parent } from './parent.ts'
import type { Secrets } from './secrets.ts'
import type { Tell } from './tell.ts'

export interface WorkerOptions {
  readonly apps: Readonly<Record<ClientKind, App>>
  readonly clock: ScaledClock
  readonly parent: Parent
  readonly random: SeededRandom
  readonly secrets: Secrets
  readonly tell: Tell
  readonly pauseMs: number
}

interface Done {
  readonly detail: string
  readonly sessionId?: string
}

/** Does what the parent orders, for as long as the process lives, and tells what came of it. */
export class Worker {
  readonly #options: WorkerOptions
  readonly #held = new Map<string, XrpcClient>()

  constructor(options: WorkerOptions) {
    this.#options = options
  }

  async run(): Promise<never> {
    const { parent, random, pauseMs } = this.#options
    for (;;) {
      await this.#carryOut(await parent.nextOrder())
      await pause(random.between(0, 2 * pauseMs))
    }
  }

  async #carryOut(order: Order): Promise<void> {
    const { tell, secrets } = this.#options
    try {
      tell({ is: 'done', order: order.id, ...(await this.#do(order)) })
    } catch (error) {
      const code = error instanceof AtproofError ? error.code : error instanceof Error ? error.name : 'thrown'
      tell({ is: 'failed', order: order.id, error: code, detail: secrets.print(`error of ${order.op}`, error) })
    }
  }

  async #do(order: Order): Promise<Done> {
    const { apps, clock } = this.#options
    if (order.op === 'wait') {
      await clock.sleep(order.ms)
      return { detail: 'waited' }
    }
    const app = apps[order.client]
    if (order.op === 'sign-in') {
      const client = await app.signIn(order.did)
      this.#held.set(client.session.sessionId, client)
      return this.#describe(client)
    }
    if (order.op === 'list') return { detail: `${await app.count()} sessions` }
    if (order.op === 'sign-out') {
      this.#held.delete(order.sessionId)
      const { accepted, reason } = await app.signOut(order.sessionId)
      return { detail: accepted ? 'accepted' : (reason ?? 'not accepted') }
    }
    const client = await this.#find(app, order.sessionId)
    if (order.op === 'refresh') return this.#describe(await client.refresh())
    const { status, client: current } = await client.get('com.atproto.server.getSession')
    return { detail: `status ${status}, ${this.#describe(current).detail}` }
  }

  /** Brought back from the storage, or held since before: an app does both. */
  async #find(app: App, sessionId: string): Promise<XrpcClient> {
    const held = this.#held.get(sessionId)
    if (held && this.#options.random.happens(0.5)) return held
    const client = await app.restore(sessionId)
    if (!client) throw new Error('there is no such session')
    this.#held.set(sessionId, client)
    return client
  }

  #describe(client: XrpcClient): Done {
    const { sessionId, status, stored } = client.session
    this.#options.secrets.print('client', client)
    return { detail: `${status}${stored ? '' : ', not stored'}`, sessionId }
  }
}
