// A process of its own, run by login-loopback.test.ts. Its arguments say what its person does and whether it ends itself;
// it prints where their browser is sent, how the sign-in ended, and what would still keep the process alive.
import { setImmediate } from 'node:timers/promises'
import { mock } from 'node:test'
import { loginLoopback } from 'atproof/node'
import { alicesProgram } from './scene.ts'

const [, , deed, last] = process.argv
const { network, alice, oauth } = alicesProgram()
const caller = new AbortController()

const deeds: Readonly<Record<string, (url: string) => unknown>> = {
  approve: (url) => console.log(`visit ${network.approve(url)}`),
  deny: (url) => console.log(`visit ${network.deny(url)}`),
  close: () => Promise.reject(new Error('no browser')),
  abort: () => caller.abort(new Error('Ctrl-C')),
  wait: () => mock.timers.tick(60 * 60_000),
}
if (deed === 'wait') mock.timers.enable({ apis: ['setTimeout'] })

const open = (url: string) => deeds[deed ?? '']?.(url)
const ending = await loginLoopback(oauth, alice.handle, { open, signal: caller.signal }).then(
  ({ client }) => client.did,
  (error: Error) => `${'code' in error ? error.code : error.message}`,
)
console.log(`ended ${ending}`)
if (last === 'and-exit') process.exit()
// What was closed is let go on the next turns of the event loop.
for (let turn = 0; turn < 5; turn++) await setImmediate()
const resources = process.getActiveResourcesInfo().filter((name) => /^TCP|^Timeout/.test(name))
console.log(`kept ${resources.join(' ') || 'nothing'}`)
