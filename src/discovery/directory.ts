import type { Transport } from '../http/transport.ts'

/** The TXT records of a name, each a list of its chunks. An empty list where there are none. */
export type ResolveTxt = (
  name: string,
  options: { readonly signal: AbortSignal },
) => Promise<readonly (readonly string[])[]>

/** Whom to ask about accounts. */
export interface Directory {
  readonly transport: Transport
  /** Origin of the PLC directory. */
  readonly plcDirectory: string
  readonly resolveTxt: ResolveTxt
  /** Origin of a service that resolves handles, asked instead of DNS and the handle's own host. */
  readonly handleResolver: string | undefined
}

/** The directory of the public network. */
export const PLC_DIRECTORY = 'https://plc.directory'
