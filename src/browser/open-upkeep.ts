import type { DirectoryOptions } from '../discovery/create-directory.ts'
import type { CallEngine } from '../session/deployment.ts'
import { tellNews } from '../session/news.ts'
import type { SessionRecord } from '../session/record.ts'
import type { Upkeep } from '../session/upkeep.ts'
import { openEngine } from './open-engine.ts'
import type { Tab } from './tab.ts'

/** All that refreshing the sessions of a page takes. */
export function openUpkeep(
  calls: CallEngine<SessionRecord>,
  options: DirectoryOptions,
  tab: Tab,
): Upkeep<SessionRecord> {
  const { upkeep } = openEngine(calls, options, tab)
  // Of what is only found in the storage, somebody told the other tabs already.
  return { ...upkeep, tell: (known, news) => tellNews(calls, known, news) }
}
