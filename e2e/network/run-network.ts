import type { NetworkCommands } from './commands.ts'
import { Gate } from './gate.ts'
import { listenOnLoopback } from './loopback.ts'
import { OriginMap } from './origin-map.ts'
import { Pds } from './pds.ts'
import { startPlc } from './plc.ts'

export interface NetworkAddresses {
  readonly plc: string
  readonly pds: string
}

/** Starts a PLC directory, a PDS and the gate in front of it in this process. */
export async function runNetwork(
  folder: string,
): Promise<{ addresses: NetworkAddresses; commands: NetworkCommands }> {
  const origins = new OriginMap()
  const gate = new Gate()
  const publicUrl = `http://localhost:${await listenOnLoopback(gate.server)}`
  const plcUrl = await startPlc()
  const pds = await Pds.start({ publicUrl, plcUrl, folder })
  gate.open(pds.port)
  return {
    addresses: { plc: plcUrl, pds: publicUrl },
    commands: {
      createAccount: async ({ handle, password }) => ({
        did: await pds.createAccount(handle, password),
        handle,
        password,
      }),
      invalidateNonces: async () => pds.renewNonces(),
      revokeSessions: (did) => pds.revokeSessions(did),
      takeDown: (did) => pds.takeDown(did),
      setAccessTokenLifetime: async (ms) => pds.setAccessTokenLifetime(ms),
      mapOrigin: async (httpsOrigin, httpOrigin) => origins.set(httpsOrigin, httpOrigin),
      fail: async (fault) => gate.faults.arm(fault),
      requests: async () => gate.log.take(),
    },
  }
}
