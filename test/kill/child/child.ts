// One of the processes that share a storage. It is started, ended and stopped by the run, and ends and stops itself at
// the points that its plan names.
import { flushCompileCache } from 'node:module'
import { createApps } from '../clients.ts'
import type { ChildSettings } from '../messages.ts'
import { openEngine } from '../open-engine.ts'
import { ScaledClock } from '../scaled-clock.ts'
import { SeededRandom } from '../seeded-random.ts'
import { clockWithPoints } from './clock-with-points.ts'
import { fetchWithPoints } from './fetch-with-points.ts'
import { watchFileSteps } from './file-steps.ts'
import { Parent } from './parent.ts'
import { Points } from './points.ts'
import { Secrets } from './secrets.ts'
import { signWithPoints } from './sign-with-points.ts'
import { watchStalls } from './stalls.ts'
import { tellBy } from './tell.ts'
import { WatchedStorage } from './watched-storage.ts'
import { Worker } from './worker.ts'

const {
  life,
  time,
  storage: address,
  adapter,
  seed,
  plan,
  faults,
  clientKey,
  passwords,
  workers,
  pauseMs,
  warmsUp,
} = JSON.parse(process.argv[2] ?? '') as ChildSettings

const clock = new ScaledClock(time)
const tell = tellBy(clock)
const points = new Points(plan, tell)
const secrets = new Secrets(tell)
const random = new SeededRandom(seed)
const parent = new Parent(adapter, life)
secrets.add('d' in clientKey ? [clientKey.d] : [])
secrets.add(Object.values(passwords))
watchStalls(clock, tell)
signWithPoints(points)

// Before the engine is loaded.
if (address.engine === 'file') watchFileSteps(points)

const { storage: engine, isScaled } = await openEngine(address, {
  clock,
  send: (name, run) => points.aroundSending(name, run),
})
const storage = new WatchedStorage(engine, { clock, isScaled, faults, random, points, tell, secrets })
const apps = createApps(
  {
    storage,
    fetch: fetchWithPoints({ adapter, life, points, tell, secrets }),
    resolveTxt: (name) => parent.resolveTxt(name),
    clock: clockWithPoints(clock, points),
    allowLoopback: ['http://localhost'],
    onEvent: (event) =>
      tell({ is: 'event', type: event.type, sessionId: event.sessionId, detail: secrets.print('event', event) }),
  },
  { clientKey, passwords, approve: (url, did) => parent.approve(url, did) },
)
if (warmsUp) setInterval(flushCompileCache, 200).unref()
tell({ is: 'ready' })
await Promise.all(
  Array.from({ length: workers }, () => new Worker({ apps, clock, parent, random, secrets, tell, pauseMs }).run()),
)
