import { join } from 'node:path'
import type { NetworkCommands } from './commands.ts'
import { migrateAccount } from './migrate-account.ts'
import { OriginMap } from './origin-map.ts'
import { startPlc } from './plc.ts'
import { ServerClock } from './server-clock.ts'
import { type Site, startSite, startSiteBehind } from './site.ts'

export interface NetworkAddresses {
  readonly plc: string
  readonly pds: string
}

/** Starts a PLC directory, a PDS and the gate in front of it in this process. */
export async function runNetwork(
  folder: string,
): Promise<{ addresses: NetworkAddresses; commands: NetworkCommands }> {
  const origins = new OriginMap()
  const clock = new ServerClock()
  const plcUrl = await startPlc()
  const first = await startSite({ plcUrl, folder, did: 'did:web:localhost' })
  const sites = new Map([[first.origin, first]])
  const find = (origin: string): Site => {
    const site = sites.get(origin)
    if (!site) throw new Error(`no PDS at ${origin}, only at ${[...sites.keys()].join(' and ')}`)
    return site
  }
  const homes = new Map<string, Site>()
  const { pds, gate } = first
  let added = 0
  return {
    addresses: { plc: plcUrl, pds: first.origin },
    commands: {
      async createAccount({ handle, password, pds: origin = first.origin }) {
        const home = find(origin)
        const did = await home.pds.createAccount(handle, password)
        homes.set(did, home)
        return { did, handle, password }
      },
      async addPds(place) {
        const name = `pds-${++added}`
        const elsewhere = { plcUrl, folder: join(folder, name), did: `did:web:${name}.test` }
        const site = await (place.issuer === 'shared'
          ? startSiteBehind(first)
          : startSite({ ...elsewhere, limitsRates: place.limitsRates ?? false }))
        sites.set(site.origin, site)
        return { pds: site.origin, issuer: site.pds.issuer }
      },
      async moveAccount(account, origin) {
        const [old, next] = [homes.get(account.did), find(origin)]
        if (!old) throw new Error(`no account ${account.did}`)
        if (old.pds.issuer === next.pds.issuer) await old.pds.pointTo(account.did, next.origin)
        else await migrateAccount(account, old.pds, next.pds)
        homes.set(account.did, next)
      },
      skipTime: async (ms) => clock.skip(ms),
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
