import type { HostHandler } from 'atproof/testing'
import { loadPart } from '../../../src/browser/load-part.ts'
import { createTransport } from '../../../src/http/create-transport.ts'
import * as parts from '../../../src/xrpc/call-parts.ts'
import { Client } from '../../../src/xrpc/client.ts'
import type { CallParts } from '../../../src/xrpc/load-call-parts.ts'
import { ServiceSession } from '../../../src/xrpc/service-session.ts'
import { openService, SERVICE } from './service.ts'

const random = (length: number) => new Uint8Array(length)

/** How the part of a page comes. */
export interface Loading {
  /** How often it cannot be loaded. @default 0 */
  readonly failures?: number
  /** Whether it never comes. @default false */
  readonly hangs?: boolean
}

/** A client as a page has it, before the part that few calls need is there, and the service that it calls. */
export function pageClient(answer?: HostHandler, { failures = 0, hangs = false }: Loading = {}) {
  const { network, fetch, log, seen, clock } = openService(answer)
  let loads = 0
  let there: CallParts | undefined
  const load = () => {
    if (there) return there
    loads++
    if (hangs) return new Promise<CallParts>(() => {})
    const isMissing = loads <= failures
    const file = isMissing ? Promise.reject<CallParts>(new TypeError('no such file')) : Promise.resolve(parts)
    return loadPart(file).then((loaded) => (there = loaded))
  }
  const session = new ServiceSession(createTransport({ fetch, clock }), SERVICE)
  const client = new Client({ session, clock, random, load })
  return { client, session, network, clock, log, seen, load, loads: () => loads }
}
