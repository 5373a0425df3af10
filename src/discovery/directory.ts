import type { ResolveTxt } from '../http/create-transport.ts'
import type { Transport } from '../http/transport.ts'
import type { SharedAnswers } from './shared-answers.ts'

/** Whom to ask about accounts, and what they said before. */
export interface Directory {
  readonly transport: Transport
  /** Origin of the PLC directory. */
  readonly plcDirectory: string
  readonly resolveTxt: ResolveTxt
  /** Origin of a service that resolves handles, asked instead of DNS and the handle's own host. */
  readonly handleResolver: string | undefined
  readonly cache: SharedAnswers
}
