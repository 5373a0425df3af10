import type { WayFaults } from './adapter.ts'
import type { WriteFaults } from './messages.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

/** How the ways to the network and to the storage fail. */
export interface Faults {
  readonly way: WayFaults
  readonly write: WriteFaults
}

export const FAULTS: Faults = {
  way: { dropBefore: 0.01, dropAfter: 0.01, cutOff: 0.003, delay: 0.01, delayMs: [15 * SECOND, 32 * SECOND] },
  write: { refused: 0.02, answerLost: 0.02, spell: 0.003, spellMs: [5 * SECOND, 10 * MINUTE] },
}

export const NO_FAULTS: Faults = {
  way: { dropBefore: 0, dropAfter: 0, cutOff: 0, delay: 0, delayMs: [0, 0] },
  write: { refused: 0, answerLost: 0, spell: 0, spellMs: [0, 0] },
}
