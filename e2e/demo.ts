import { parseArgs } from 'node:util'
import { consent as clickThrough, launchChromium } from './browser.ts'
import { Narrator } from './demo/narrator.ts'
import { RequestCounter } from './demo/request-counter.ts'
import { type Consent, tellStory } from './demo/tell.ts'
import { ensureChromium, ensureNetwork } from './install.ts'
import { startNetwork } from './network/start.ts'

const USAGE = `npm run demo -- [--browser] [--json]

Signs an account in on a real AT Protocol network on this machine, calls it, refreshes, and signs out.

  --browser   print the consent page's URL and wait for your own browser
  --json      end with one line of JSON
  --help      print this`

const print = (line: string) => console.log(line)

/** A headless Chromium that consents for the person, open until the story is told. */
async function consentInChromium(): Promise<Consent> {
  const browser = await launchChromium(await ensureChromium({ report: print }))
  return {
    async decide(url, person) {
      const page = await browser.newPage({ locale: 'en-US' })
      await page.goto(url)
      const leaving = page.waitForRequest('http://127.0.0.1:*/callback**')
      leaving.catch(() => {}) // met below, unless the page fails before
      await clickThrough(page, { username: person.handle, password: person.password, decision: 'Authorize' })
      await leaving
    },
    close: () => browser.close(),
  }
}

/** The person's own browser, which takes them as long as it takes. */
const consentInOwnBrowser: Consent = {
  async decide(url, { handle, password }, back) {
    print(
      `\n    Open this page, sign in as ${handle} with the password "${password}", and decide:\n    ${url}\n    Waiting for your browser; Ctrl-C ends it.\n`,
    )
    await back.catch(() => {}) // the next step tells how it went
  },
  async close() {},
}

async function main(): Promise<void> {
  const options = { browser: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean' } } as const
  const { values } = parseArgs({ options })
  if (values.help) return print(USAGE)
  const consent = values.browser ? consentInOwnBrowser : await consentInChromium()
  await ensureNetwork({ report: print })
  print('A real PLC directory and a real PDS, which is its own authorization server, start on this machine.')
  const network = await startNetwork()
  try {
    print(`PDS ${network.pds}, PLC directory ${network.plc}`)
    const counter = new RequestCounter(network)
    const summary = await tellStory(network, counter, new Narrator(counter, print), consent)
    print('Done: signed in, called, refreshed and signed out.')
    if (values.json) print(JSON.stringify(summary))
  } finally {
    await consent.close()
    await network.close()
  }
}

try {
  await main()
} catch (error) {
  const isUsage = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  const message = error instanceof Error ? error.message : String(error)
  console.error(isUsage ? `${message}\n\n${USAGE}` : message)
  process.exitCode = isUsage ? 2 : 1
}
