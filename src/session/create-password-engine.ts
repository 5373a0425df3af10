import type { Directory } from '../discovery/directory.ts'
import type { Lifetime } from '../flow/keep-alive.ts'
import type { Random } from '../http/random.ts'
import { checkedStorage } from '../storage/checked-storage.ts'
import type { Storage } from '../storage/storage.ts'
import type { Engine, Hooks } from './deployment.ts'
import { type KnownPasswordSessions, knownPasswordSessions } from './known-password-sessions.ts'
import { passwordKind } from './password-kind.ts'
import type { PasswordRecord } from './password-record.ts'
import { upkeepOf } from './upkeep.ts'

/** What sessions of passwords run with here. */
export interface PasswordEngineOptions extends Hooks, Lifetime {
  readonly directory: Directory
  /** The storage as the app gave it: all calls over the same one share what they know. */
  readonly rawStorage: Storage
  readonly random: Random
}

/** All that sessions of passwords run with. */
export interface PasswordEngine extends Engine<PasswordRecord> {
  readonly sessions: KnownPasswordSessions
}

/** Puts together what sessions of passwords run with. Does no I/O. */
export function createPasswordEngine(options: PasswordEngineOptions): PasswordEngine {
  const { rawStorage, directory, ...setup } = options
  const { transport } = directory
  const engine: PasswordEngine = {
    ...setup,
    transport,
    kind: passwordKind(directory),
    sessions: knownPasswordSessions(rawStorage),
    storage: checkedStorage(rawStorage, transport.clock),
    upkeep: upkeepOf(() => engine),
  }
  return engine
}
