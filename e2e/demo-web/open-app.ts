import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NetworkAddresses } from '../network/run-network.ts'
import { buildApp } from './build-app.ts'
import { type ServedApp, serveApp } from './serve-app.ts'

export interface OpenAppOptions {
  /** @default any that is free */
  readonly port?: number
  /** Is told what takes its time. @default says nothing */
  readonly report?: (line: string) => void
}

/** Builds examples/browser-app for a network and serves it, until it is closed or this process ends. */
export async function openApp({ pds, plc }: NetworkAddresses, options: OpenAppOptions = {}): Promise<ServedApp> {
  const { port = 0, report = () => {} } = options
  const folder = mkdtempSync(join(tmpdir(), 'atproof-browser-app-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove)
  try {
    const network = { plcDirectory: plc, handleResolver: pds, allowLoopback: [pds, plc] }
    await buildApp({ folder, network, report })
    const { origin, close } = await serveApp(folder, { port, connectTo: [pds, plc] })
    return {
      origin,
      async close() {
        await close()
        process.off('exit', remove)
        remove()
      },
    }
  } catch (error) {
    process.off('exit', remove)
    remove()
    throw error
  }
}
