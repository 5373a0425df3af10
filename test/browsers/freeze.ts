import type { PlaywrightTab } from './playwright-browser.ts'
import { listDescendants, signal } from './processes.ts'

/** How the process of a page is told from the browser's others, in Chromium and in Firefox. */
const PAGE_PROCESS = /--type=renderer|-contentproc .*\btab\b/
/** A page that takes longer than this to answer is stopped; asked twice, since a machine may be busy. */
const ANSWER_MS = 700

const frozen = new WeakMap<PlaywrightTab['page'], number>()

/**
 * Stops a tab where it stands, as a machine does that runs out of memory or a system that saves power: the process of its
 * page gets SIGSTOP. The browser does not say which process that is: it is the one without which the page does not answer.
 *
 * @throws Error where the page shares its process with none of the browser's, or does not answer at all
 */
export async function freeze(tab: PlaywrightTab): Promise<void> {
  if (!(await answers(tab, 20_000)))
    throw new Error('the page does not answer: it cannot be told when it is frozen')
  for (const { pid, command } of await listDescendants(tab.browserProcess)) {
    if (PAGE_PROCESS.test(command) && (await isProcessOf(tab, pid))) {
      signal(pid, 'SIGSTOP')
      frozen.set(tab.page, pid)
      return
    }
  }
  throw new Error('the page has a process that could not be found')
}

/** Has a frozen tab go on. */
export function thaw(tab: PlaywrightTab): void {
  const pid = frozen.get(tab.page)
  if (pid === undefined) throw new Error('the tab is not frozen')
  frozen.delete(tab.page)
  signal(pid, 'SIGCONT')
}

/** Crashes a tab of Chromium: its process is gone, and the tab shows that. Firefox has no such command. */
export async function crash({ page }: PlaywrightTab): Promise<void> {
  const crashed = page.waitForEvent('crash')
  const session = await page.context().newCDPSession(page)
  // Nobody is left to answer.
  session.send('Page.crash').catch(() => {})
  await crashed
}

async function isProcessOf(tab: PlaywrightTab, pid: number): Promise<boolean> {
  for (let look = 0; look < 2; look += 1) {
    signal(pid, 'SIGSTOP')
    const isStopped = !(await answers(tab, ANSWER_MS))
    signal(pid, 'SIGCONT')
    // What was asked meanwhile is answered now: nothing of it is left over.
    if (!isStopped || !(await answers(tab, 20_000))) return false
  }
  return true
}

async function answers({ page }: PlaywrightTab, withinMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), withinMs)
  })
  const answer = page.evaluate('1').then(
    () => true,
    () => false, // the tab was closed
  )
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
