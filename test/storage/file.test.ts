import { engineHooks } from './engine-hooks.ts'
import { fileDamages, makeDirectory } from './file-places.ts'
import { proveStorage } from './prove-storage.ts'

proveStorage(
  'fileStorage',
  engineHooks(() => makeDirectory(), fileDamages),
)
