import { tmpdir } from 'node:os'
import type { NetworkCommands } from './commands.ts'
import { NetworkProcess } from './network-process.ts'
import { requireNode, requirePackages } from './requirements.ts'
import type { NetworkAddresses } from './run-network.ts'

export interface StartNetworkOptions {
  /**
   * Where the PDS gets a folder for its data, for as long as the network runs.
   *
   * @default the temporary folder of the system
   */
  parentFolder?: string
}

/** A running PLC directory and PDS, the latter with its own authorization server, both on loopback only. */
export interface RealNetwork extends NetworkAddresses, NetworkCommands {
  /** Ends the network and removes all of its data. */
  close(): Promise<void>
}

/** Starts a network in a process of its own, which ends with this one however it ends. */
export async function startNetwork(options: StartNetworkOptions = {}): Promise<RealNetwork> {
  requireNode(process.versions.node)
  requirePackages()
  const network = new NetworkProcess(options.parentFolder ?? tmpdir())
  return {
    ...(await network.started),
    createAccount: (account) => network.call('createAccount', account),
    addPds: (place) => network.call('addPds', place),
    moveAccount: (account, pds) => network.call('moveAccount', account, pds),
    skipTime: (ms) => network.call('skipTime', ms),
    invalidateNonces: () => network.call('invalidateNonces'),
    revokeSessions: (did) => network.call('revokeSessions', did),
    takeDown: (did) => network.call('takeDown', did),
    setAccessTokenLifetime: (ms) => network.call('setAccessTokenLifetime', ms),
    mapOrigin: (httpsOrigin, httpOrigin) => network.call('mapOrigin', httpsOrigin, httpOrigin),
    fail: (fault) => network.call('fail', fault),
    requests: () => network.call('requests'),
    close: () => network.close(),
  }
}
