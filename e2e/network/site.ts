import { mkdir } from 'node:fs/promises'
import { Gate } from './gate.ts'
import { listenOnLoopback } from './loopback.ts'
import { Pds, type PdsOptions } from './pds.ts'

const SERVER_METADATA = '/.well-known/oauth-authorization-server'
const AUTHORIZATION_SERVER = [
  SERVER_METADATA,
  ...['authorize', 'jwks', 'par', 'revoke', 'token'].map((name) => `/oauth/${name}`),
]

/** A PDS and the gate in front of it. */
export interface Site {
  /** Where clients reach it. */
  readonly origin: string
  readonly gate: Gate
  readonly pds: Pds
}

/** Starts a PDS with its own authorization server and its own data. */
export async function startSite(options: Omit<PdsOptions, 'publicUrl'>): Promise<Site> {
  const { origin, gate } = await startGate()
  await mkdir(options.folder, { recursive: true })
  const pds = await Pds.start({ ...options, publicUrl: origin })
  gate.open(pds.port)
  return { origin, gate, pds }
}

/** Starts a PDS that shares another one's authorization server and accounts, as behind an entryway. */
export async function startSiteBehind(entryway: Site): Promise<Site> {
  const { origin, gate } = await startGate()
  const pds = await entryway.pds.startSibling(origin)
  pds.pages.serve('/.well-known/oauth-protected-resource', {
    resource: origin,
    authorization_servers: [entryway.origin],
  })
  // The PDS has them all the same, but nobody may be served by what would not be there.
  for (const path of AUTHORIZATION_SERVER) pds.pages.hide(path)
  gate.open(pds.port)
  entryway.pds.pages.serve(SERVER_METADATA, entryway.pds.listResource(origin))
  return { origin, gate, pds }
}

async function startGate(): Promise<Pick<Site, 'origin' | 'gate'>> {
  const gate = new Gate()
  return { origin: `http://localhost:${await listenOnLoopback(gate.server)}`, gate }
}
