import { ensurePrograms, ensureRuntimes } from '../../e2e/install.ts'
import { CHROMIUM, FIREFOX, WEBKIT, XVFB } from '../../e2e/system-programs.ts'

/** Installs the browsers, and esbuild for their pages, once for the whole run: test files would wait for each other's lock. */
export async function setup(): Promise<void> {
  const report = console.log
  await ensureRuntimes({ report })
  await ensurePrograms([CHROMIUM, FIREFOX, WEBKIT, XVFB], { report })
}
