import { consent as clickThrough, launchChromium } from '../browser.ts'
import { ensureChromium, ensureNetwork } from '../install.ts'
import { startNetwork } from '../network/start.ts'
import type { Consent, Stage } from './tell.ts'

type Print = (line: string) => void

/** The real network, in a process beside this one. Whoever consents does it on the real page. */
export async function openRealStage(print: Print, consent: Consent): Promise<Stage> {
  await ensureNetwork({ report: print })
  const network = await startNetwork()
  return {
    introduction:
      'A real PLC directory and a real PDS, which is its own authorization server, run on this machine.',
    places: network,
    consent,
    createAccount: (person) => network.createAccount(person),
    clientOptions: {
      plcDirectory: network.plc,
      handleResolver: network.pds,
      allowLoopback: [network.pds, network.plc],
    },
    send: (url, init) => fetch(url, init),
    async close() {
      await consent.close()
      await network.close()
    },
  }
}

/** A headless Chromium that consents for the person, open until the story is told. */
export async function consentInChromium(print: Print): Promise<Consent> {
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
export function consentInOwnBrowser(print: Print): Consent {
  return {
    async decide(url, { handle, password }, back) {
      print(
        `\n    Open this page, sign in as ${handle} with the password "${password}", and decide:\n    ${url}\n    Waiting for your browser; Ctrl-C ends it.\n`,
      )
      await back.catch(() => {}) // the next step tells how it went
    },
    async close() {},
  }
}
