import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Tab } from '../../browsers/browser.ts'
import { servePages, type Site } from '../../browsers/serve-pages.ts'
import type { Deeds } from './page.ts'

type Returned<D extends keyof Deeds> = Awaited<ReturnType<Deeds[D]>>

/** Has a page do something. */
export async function doIn<D extends keyof Deeds>(
  tab: Tab,
  deed: D,
  ...input: Parameters<Deeds[D]>
): Promise<Returned<D>> {
  return tab.evaluate<Returned<D>>(`deeds.${deed}(...${JSON.stringify(input)})`)
}

/** Opens a tab whose page is ready. */
export async function openPage(context: BrowserContext, site: Site): Promise<Tab> {
  const tab = await context.openTab()
  await tab.goto(`${site.origin}/`)
  return tab
}

/** Serves the page of the deeds, and the worker of the suite. */
export function serveStorage(): Promise<Site> {
  const [page, worker] = [new URL('page.ts', import.meta.url), new URL('worker.ts', import.meta.url)]
  return servePages({ page, worker })
}

/** A folder for a browser's profile, and how it goes away. */
export async function makeProfile(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'atproof-profile-'))
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 10 }) }
}
