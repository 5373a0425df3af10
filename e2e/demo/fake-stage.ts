import { fakeNetwork, testClock } from 'atproof/testing'
import type { Stage } from './tell.ts'

/** The fake network, in this process. The person consents without a page. */
export function openFakeStage(): Stage {
  // It begins now: the app of the story goes by the machine's clock.
  const network = fakeNetwork({ clock: testClock({ start: Date.now() }) })
  const { fetch: send, resolveTxt, allowLoopback } = network.clientOptions
  let visit: Promise<unknown> | undefined
  return {
    introduction: 'A fake network runs in this process: no server, no browser, the same rules.',
    places: { pds: network.pds, plc: 'https://plc.directory' },
    consent: {
      async decide(url) {
        // Back to the app, which waits at a port of this machine. What it answers is the next step.
        visit = fetch(network.approve(url))
        visit.catch(() => {})
      },
      async close() {},
    },
    createAccount: async ({ handle, password }) => network.createAccount(handle, { password }),
    clientOptions: { resolveTxt, allowLoopback },
    send,
    async close() {
      await visit?.catch(() => {})
      network.close()
    },
  }
}
