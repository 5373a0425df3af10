import type { NetworkCommands } from './commands.ts'

/** A command, on its way to the network's process. */
export interface CallMessage {
  readonly id: number
  readonly command: keyof NetworkCommands
  readonly input: readonly unknown[]
}

/** The answer to one. The start of the process counts as a call too, and is answered with the addresses. */
export type AnswerMessage =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string }

export const START_ID = 0
