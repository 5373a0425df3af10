import type { NetworkErrorCode } from 'atproof'
import { beginning, ending, rewrap, type Walks } from './walk.ts'

const ALICE = 'alice.example.com'
const TOKEN = '/oauth/token'
const WELL_KNOWN = `https://${ALICE}/.well-known/atproto-did`

/** The host of Alice's handle sends whoever asks it somewhere else. */
const redirecting = (to: string) =>
  beginning(ALICE, ({ network }) => void network.fault({ path: WELL_KNOWN, redirect: to, times: Infinity }))

/** The ways to every error of the network: those with secrets on the wire, and those of documents. */
export const NETWORK_WALKS: Walks<NetworkErrorCode> = {
  unreachable: [
    [
      'a PDS that is down',
      beginning(ALICE, ({ network }) => void network.fault({ path: /well-known\/oauth/, refuse: true, times: 9 })),
    ],
    ['a token endpoint that is down', ending(({ network }) => void network.fault({ path: TOKEN, refuse: true }))],
  ],
  connection_failed: [
    [
      'a pushed request whose answer is lost',
      beginning(ALICE, ({ network }) => void network.fault({ path: '/oauth/par', lose: 'answer' })),
    ],
    ['tokens whose answer is lost', ending(({ network }) => void network.fault({ path: TOKEN, lose: 'answer' }))],
  ],
  timeout: [
    [
      'a token endpoint that hangs',
      ending(({ network, clock }) => {
        network.fault({ path: TOKEN, hang: 'answer' })
        clock.auto()
      }),
    ],
  ],
  answer_cut_off: [
    ['tokens that break off', ending(({ network }) => void network.fault({ path: TOKEN, body: 'cut-off' }))],
  ],
  redirected: [
    [
      'a token endpoint that redirects',
      ending(({ network }) => void network.fault({ path: TOKEN, redirect: 'https://evil.example.com/' })),
    ],
    [
      'a pushed request that is redirected',
      beginning(ALICE, ({ network }) => {
        network.fault({ path: '/oauth/par', redirect: 'https://evil.example.com/' })
      }),
    ],
  ],
  too_many_redirects: [['a handle that redirects without end', redirecting(WELL_KNOWN)]],
  too_large: [
    [
      'tokens in an answer that is huge',
      ending(({ network }) => void network.fault({ path: TOKEN, alter: rewrap({}, ' '.repeat(300_000)) })),
    ],
    [
      'a failure that repeats what it was sent, at length',
      ending(
        ({ network }) =>
          void network.fault({
            path: TOKEN,
            respond: async (request) => new Response((await request.text()).repeat(900), { status: 502 }),
          }),
      ),
    ],
  ],
  insecure_url: [['a handle that redirects to http', redirecting(`http://${ALICE}/did`)]],
  address_forbidden: [['a handle that redirects into a private network', redirecting('https://10.0.0.1/did')]],
}
