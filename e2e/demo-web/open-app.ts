import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NetworkAddresses } from '../network/run-network.ts'
import { buildApp } from './build-app.ts'
import { type ServedApp, serveApp } from './serve-app.ts'

export interface OpenAppOptions {
  /** @default any that is free */
  readonly port?: number
  /** Is told what gets installed. @default says nothing */
  readonly report?: (line: string) => void
}

/** Builds examples/browser-app for a network and serves it, until it is closed. */
export async function openApp({ pds, plc }: NetworkAddresses, options: OpenAppOptions = {}): Promise<ServedApp> {
  const { port = 0, report = () => {} } = options
  const folder = await mkdtemp(join(tmpdir(), 'atproof-browser-app-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const network = { plcDirectory: plc, handleResolver: pds, allowLoopback: [pds, plc] }
    await buildApp({ folder, network, report })
    const { origin, close } = await serveApp(folder, { port, connectTo: [pds, plc] })
    return {
      origin,
      async close() {
        await close()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}
