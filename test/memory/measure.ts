// A process of its own, run by memory.test.ts with `--expose-gc`: it measures one thing and prints it.
import { OAuthClient, type XrpcClient } from 'atproof'
import { ManySessions } from './many-sessions.ts'

/** More than what is kept of sessions that nobody holds. */
const ALWAYS_KEPT = 3000

const [, , what, count, kind] = process.argv
const sessions = await ManySessions.create({ keepsCryptoKeys: kind === 'crypto-keys' })
const oauth = new OAuthClient({ redirectUri: 'http://127.0.0.1/callback', storage: sessions, fetch: answer })
const measures: Record<string, (count: number) => Promise<number>> = { restored, passing, calling, keys }
console.log(await measures[what ?? '']?.(Number(count)))

/** Bytes of heap for each session that is restored and held, beyond the text of its record. */
async function restored(number: number): Promise<number> {
  const held: XrpcClient[] = []
  await restore(number) // loads what is loaded once
  const before = await heap()
  sessions.textRead = 0
  for (let each = 0; each < number; each++) held.push(await restore(each))
  return ((await heap()) - before - sessions.textRead) / held.length
}

/** Bytes that the heap has grown by while this many sessions were restored and forgotten. */
function passing(number: number): Promise<number> {
  return growth(number, restore)
}

/** The same for sessions that call before they are forgotten. */
function calling(number: number): Promise<number> {
  return growth(number, callOnce)
}

/** How many keys are in memory once this many held sessions have called. */
async function keys(number: number): Promise<number> {
  const imported: WeakRef<object>[] = []
  const { importKey } = crypto.subtle
  const watched = async (...args: readonly unknown[]) => {
    const key: object = await Reflect.apply(importKey, crypto.subtle, args)
    imported.push(new WeakRef(key))
    return key
  }
  Object.defineProperty(crypto.subtle, 'importKey', { value: watched })
  const held: XrpcClient[] = []
  for (let each = 0; each < number; each++) held.push(await callOnce(each))
  await heap()
  return held.length && imported.filter((key) => key.deref()).length
}

async function growth(number: number, use: (each: number) => Promise<unknown>): Promise<number> {
  // First as many as are kept in any case.
  await useEach(0, ALWAYS_KEPT, use)
  const before = await heap()
  await useEach(ALWAYS_KEPT, number, use)
  return (await heap()) - before
}

async function useEach(first: number, number: number, use: (each: number) => Promise<unknown>): Promise<void> {
  for (let each = first; each < first + number; each++) {
    await use(each)
    // What is only held weakly goes with the garbage, which the runtime would collect later.
    if (each % ALWAYS_KEPT === 0) await heap()
  }
}

async function callOnce(number: number): Promise<XrpcClient> {
  const client = await restore(number)
  await client.get('com.atproto.server.getSession')
  return client
}

async function restore(number: number): Promise<XrpcClient> {
  const client = await oauth.restore(sessions.idOf(number))
  if (client) return client
  throw new Error('the session did not come back')
}

async function answer(): Promise<Response> {
  return Response.json({}, { headers: { 'dpop-nonce': 'nonce' } })
}

/** What is in use, once the garbage is gone: a second collection takes what the first has found unreachable. */
async function heap(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return process.memoryUsage().heapUsed
}
