import { createDirectory, type DirectoryOptions } from '../discovery/create-directory.ts'
import { publicClient } from '../flow/client/client-authentication.ts'
import { createTransport } from '../http/create-transport.ts'
import type { CallEngine, Deployment, Engine } from '../session/deployment.ts'
import { oauthKind } from '../session/oauth-kind.ts'
import type { SessionRecord } from '../session/record.ts'
import { upkeepOf } from '../session/upkeep.ts'
import { offlineFetch } from './offline-fetch.ts'
import type { Tab } from './tab.ts'
import { tellingTabs } from './tell-events.ts'

/** What refreshes the sessions of a page, and signs them out. */
export type PageEngine = Engine<SessionRecord> & Pick<Deployment, 'directory' | 'authentication'>

/**
 * Opens it, over the sessions that the page calls with. A session goes on with the client id that it began with.
 *
 * @param clientId that of a new session: the development client's has to be written
 * @throws TypeError for options that cannot work, naming the field
 */
export function openEngine(
  calls: CallEngine<SessionRecord>,
  options: DirectoryOptions,
  tab: Tab,
  clientId: string = tab.clientId,
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
