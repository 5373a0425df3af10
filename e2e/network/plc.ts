import plc from '@did-plc/server'
import { keepOnLoopback, portOf } from './loopback.ts'

/** Starts a PLC directory that keeps its entries in memory, and returns its address. */
export async function startPlc(): Promise<string> {
  const directory = plc.PlcServer.create({ db: plc.Database.mock() })
  keepOnLoopback(directory.app)
  return `http://localhost:${portOf(await directory.start())}`
}
