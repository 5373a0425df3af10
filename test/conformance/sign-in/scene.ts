import type { LogEntry } from 'atproof/testing'
import { alicesScene, onlyEntry, type Scene, type SceneOptions } from '../scene.ts'

export const HOUR = 3_600_000

/** Alice's handle, and where its host says whose it is. */
export const HANDLE = 'alice.example.com'
export const WELL_KNOWN = `https://${HANDLE}/.well-known/atproto-did`

/** Alice's PDS, which is its own authorization server unless an entryway is. */
export const PDS = 'https://pds.example.com'
export const ENTRYWAY = 'https://entryway.example.com'
export const RESOURCE = `${PDS}/.well-known/oauth-protected-resource`
export const SERVER = `${PDS}/.well-known/oauth-authorization-server`
export const PAR = `${PDS}/oauth/par`
export const TOKEN = `${PDS}/oauth/token`

/** Nobody answers for Alice's handle until the test says so. */
export function unlistedAlice(options?: SceneOptions): Scene {
  const scene = alicesScene(options)
  scene.network.wellKnownDids.delete(HANDLE)
  return scene
}

export function setTxt({ network }: Scene, ...records: string[][]): void {
  network.txtRecords.set(`_atproto.${HANDLE}`, records)
}

/** A server that answers with JSON. */
export const answer =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  () =>
    Response.json(body, { status, headers })

/** The pushed requests as they were sent: the first is refused for the lack of a nonce. */
export function pushes({ network }: Scene): readonly LogEntry[] {
  return network.log.to('/oauth/par')
}

export function fieldsOf(entry: LogEntry | undefined): Record<string, string> {
  return Object.fromEntries(entry?.form ?? [])
}

/** The sign-in that stands in the storage. */
export async function signInOf({ storage }: Scene): Promise<Readonly<Record<string, unknown>>> {
  const { value } = await onlyEntry(storage, 'signin/')
  return value as Readonly<Record<string, unknown>>
}

/** Begins a sign-in, and tells which account it is for. */
export async function didOf(scene: Scene, identifier: string): Promise<unknown> {
  await scene.oauth.authorize(identifier)
  return (await signInOf(scene))['did']
}

/** The same callback with other parameters. Null takes one away. */
export function change(callback: URL, changes: Readonly<Record<string, string | null>>): URL {
  const url = new URL(callback)
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) url.searchParams.delete(name)
    else url.searchParams.set(name, value)
  }
  return url
}
