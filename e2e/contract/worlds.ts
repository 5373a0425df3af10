import { openFakeWorld } from './fake-world.ts'
import { openRealWorld } from './real-world.ts'
import type { ContractWorld } from './world.ts'

/** Both networks, each by its name: `describe.each(WORLDS)`. */
export const WORLDS: readonly (readonly [name: string, open: () => Promise<ContractWorld>])[] = [
  ['the fake network', () => openFakeWorld()],
  ['the real network', () => openRealWorld()],
]
