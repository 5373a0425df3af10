import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

const FOLDER = fileURLToPath(new URL('../../test/artefacts/browser-app', import.meta.url))
const APP = new URL('../../examples/browser-app/package.json', import.meta.url)

const WIDE = { width: 900, height: 720 }
/** The narrowest that a page has to fit (WCAG 2.2, 1.4.10). */
const NARROW = { width: 320, height: 720 }

/** What axe-core finds, as far as it is read here. */
interface Findings {
  readonly violations: readonly {
    readonly id: string
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
  }[]
}

declare global {
  // As axe-core has it, once it is in a page.
  var axe: { run(options: object): Promise<Findings> } | undefined
}

/**
 * Looks at a state of the app, light and dark, wide and narrow: keeps a picture of each, and expects that everybody can use
 * it and that nothing is cut off.
 */
export async function portray(page: Page, name: string): Promise<void> {
  await mkdir(FOLDER, { recursive: true })
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.screenshot({ path: join(FOLDER, `${name}-${colorScheme}.png`), fullPage: true })
    expect(await findBarriers(page), `${name}, ${colorScheme}`).toEqual([])
  }
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize(NARROW)
  await page.screenshot({ path: join(FOLDER, `${name}-narrow.png`), fullPage: true })
  const width = await page.evaluate(() => document.documentElement.scrollWidth)
  expect(width, `${name} is wider than its window`).toBeLessThanOrEqual(NARROW.width)
  await page.setViewportSize(WIDE)
}

/** What stands in somebody's way, by the rules of axe-core: WCAG A and AA, and good practice. */
async function findBarriers(page: Page): Promise<readonly string[]> {
  const isThere = await page.evaluate(() => globalThis.axe !== undefined)
  if (!isThere) await page.evaluate(await readFile(createRequire(APP).resolve('axe-core/axe.min.js'), 'utf8'))
  const found = await page.evaluate(() => globalThis.axe?.run({ resultTypes: ['violations'] }))
  if (!found) throw new Error('axe-core is not in the page')
  return found.violations.map(({ id, nodes }) =>
    [id, ...nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`)].join('\n  '),
  )
}
