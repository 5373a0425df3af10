import { memoryStorage } from 'atproof'
import { proveStorage } from './prove-storage.ts'

// Each storage has its own data, which no other handle or process can reach, and which nothing can damage.
proveStorage('memoryStorage', { open: async () => memoryStorage() })
