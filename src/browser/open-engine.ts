import { createDirectory, type DirectoryOptions } from '../discovery/create-directory.ts'
import type { Directory } from '../discovery/directory.ts'
import { type ClientAuthentication, publicClient } from '../flow/client/client-authentication.ts'
import { createTransport } from '../http/create-transport.ts'
import type { CallEngine, Engine } from '../session/deployment.ts'
import { oauthKind } from '../session/oauth-kind.ts'
import type { SessionRecord } from '../session/record.ts'
import { upkeepOf } from '../session/upkeep.ts'
import { offlineFetch } from './offline-fetch.ts'
import type { Tab } from './tab.ts'
import { tellingTabs } from './tell-events.ts'

/** An engine of a page, with what it was made of. */
export interface PageEngine extends Engine<SessionRecord> {
  readonly directory: Directory
  readonly authentication: ClientAuthentication
}

/** All that refreshing takes, over the sessions that a page calls with. A session goes on with the client id that it began with. */
export function openEngine(
  calls: CallEngine<SessionRecord>,
  options: DirectoryOptions,
  { tab, clientId }: { readonly tab: Tab; readonly clientId: string },
): PageEngine {
  // The page's own fetch: it can be handed a stream, which browsers cannot.
  const transport = { ...createTransport(options), ...offlineFetch(calls.transport.fetch) }
  const directory = createDirectory(transport, options)
  const authentication = publicClient(clientId)
  const onEvent = tellingTabs(tab, calls.sessions, calls.onEvent)
  const engine: PageEngine = {
    ...calls,
    onEvent,
    transport,
    directory,
    authentication,
    kind: oauthKind({ ...calls, onEvent, directory, authentication }),
    upkeep: upkeepOf(() => engine),
  }
  return engine
}
