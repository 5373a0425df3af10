import { memoryStorage } from 'atproof'
import { jsonStorage, sharedStorage } from '../sign-in/processes.ts'
import { declareSessionCosts } from './session-costs.ts'

// What a process knows of its sessions hangs on its storage object: each has one of its own.
declareSessionCosts('memory', (clock) => {
  const shared = memoryStorage({ clock })
  return { open: async () => sharedStorage(shared) }
})

declareSessionCosts('memory, plain JSON', (clock) => {
  const shared = memoryStorage({ clock })
  return { open: async () => jsonStorage(shared) }
})
