import type { XrpcClient } from '../../../src/index.ts'
import { openAgent } from './api-agent.ts'
import { openAtcuteClient } from './atcute-client.ts'
import type { ForeignClient } from './foreign-client.ts'
import { openLexClient } from './lex-client.ts'

/** The clients of other libraries, each by its name: `describe.each(LIBRARIES)`. */
export const LIBRARIES: readonly (readonly [name: string, open: (client: XrpcClient) => ForeignClient])[] = [
  ['Agent of @atproto/api', openAgent],
  ['Client of @atproto/lex', openLexClient],
  ['Client of @atcute/client', openAtcuteClient],
]
