import type { DirectoryOptions } from '../discovery/create-directory.ts'
import type { CallEngine, Deployment } from '../session/deployment.ts'
import type { SessionRecord } from '../session/record.ts'
import { openEngine } from './open-engine.ts'
import type { Tab } from './tab.ts'
import type { PageClient } from './usual-options.ts'

/**
 * What signs accounts in on a page: a public client, over the sessions that the page calls with.
 *
 * @throws TypeError for options that cannot work, naming the field
 */
export function openDeployment(
  calls: CallEngine<SessionRecord>,
  options: DirectoryOptions,
  tab: Tab,
  client: PageClient,
): Deployment {
  return { ...openEngine(calls, options, tab, client.metadata.client_id), ...client, seal: undefined }
}
