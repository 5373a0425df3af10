import type { Setup } from '../flow/setup.ts'
import type { Storage } from '../storage/storage.ts'
import type { Deployment, Hooks } from './deployment.ts'
import { knownSessions } from './known-sessions.ts'
import { oauthKind } from './oauth-kind.ts'
import { upkeepOf } from './upkeep.ts'
import { withClientKeys } from './with-client-keys.ts'

/** A client of OAuth as it is set up. */
export interface DeploymentOptions extends Setup, Hooks {
  /** The storage as the app gave it: several clients over the same one share what they know. */
  readonly rawStorage: Storage
}

/** Puts a client of OAuth together with its sessions. Does no I/O. */
export function createDeployment({ rawStorage, ...setup }: DeploymentOptions): Deployment {
  const deployment: Deployment = {
    ...setup,
    transport: setup.directory.transport,
    kind: withClientKeys(oauthKind(setup)),
    sessions: knownSessions(rawStorage),
    upkeep: upkeepOf(() => deployment),
  }
  return deployment
}
