import { createDirectory, type DirectoryOptions } from '../discovery/create-directory.ts'
import { publicClient } from '../flow/client/client-authentication.ts'
import { createTransport } from '../http/create-transport.ts'
import type { CallEngine, Engine } from '../session/deployment.ts'
import { oauthKind } from '../session/oauth-kind.ts'
import type { SessionRecord } from '../session/record.ts'
import { type Upkeep, upkeepOf } from '../session/upkeep.ts'
import type { Tab } from './tab.ts'
import { tellingTabs } from './tell-events.ts'
import { offlineFetch } from './offline-fetch.ts'

/** All that refreshing the sessions of a page takes. A session goes on with the client id that it began with. */
export function openUpkeep(
  calls: CallEngine<SessionRecord>,
  options: DirectoryOptions & { readonly clientId?: string | undefined },
  tab: Tab,
): Upkeep<SessionRecord> {
  // The page's own fetch: it can be handed a stream, which browsers cannot.
  const transport = { ...createTransport(options), ...offlineFetch(calls.transport.fetch) }
  const directory = createDirectory(transport, options)
  const authentication = publicClient(options.clientId ?? '')
  const onEvent = tellingTabs(tab, calls.sessions, calls.onEvent)
  const engine: Engine<SessionRecord> = {
    ...calls,
    onEvent,
    transport,
    kind: oauthKind({ ...calls, onEvent, directory, authentication }),
    upkeep: upkeepOf(() => engine),
  }
  return engine.upkeep
}
