// What happens once in a while: signing in, refreshing, restoring, and what encryption adds to a storage. Figures only.
import { encryptedStorage, memoryStorage, OAuthClient, type Storage, type StoredValue } from 'atproof'
import { fakeNetwork } from 'atproof/testing'
import { SCENE } from '../light-path/stored-scene.ts'
import { median, time } from './measure.ts'

const METHOD = 'com.atproto.server.getSession'
const ROUNDS = 100
const SESSIONS = 10_000
const ACCESSES = 1000

/** Both on a fake network of their own, whose servers' work is in the figures. */
async function signInAndRefresh(): Promise<void> {
  const [signIns, refreshes]: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round += 1) {
    const network = fakeNetwork()
    signIns.push(await time(async () => (await network.signIn('alice.test')).get(METHOD)))
    const client = await network.signIn('bob.test')
    refreshes.push(await time(() => client.refresh()))
    network.close()
  }
  console.log(`sign-in to first call: ${median(signIns).toFixed(1)} ms, the fake network included`)
  console.log(`refresh:               ${median(refreshes).toFixed(1)} ms, the fake network included`)
}

/** Ids of sessions that differ in their last part. */
function sessionIds(): readonly string[] {
  return Array.from({ length: SESSIONS }, (_, at) => `${SCENE.sessionId}-${at}`)
}

async function restoreMany(): Promise<void> {
  const storage = memoryStorage()
  const record = Object(await SCENE.record(Date.now())) as Record<string, StoredValue>
  for (const sessionId of sessionIds()) await create(storage, `session/${sessionId}`, { ...record, sessionId })
  const oauth = new OAuthClient({ redirectUri: 'http://127.0.0.1/callback', storage, fetch: SCENE.fetch })
  const ms = await time(async () => {
    for (const sessionId of sessionIds()) if (!(await oauth.restore(sessionId))) throw new Error('it is not there')
  })
  console.log(`restore of ${SESSIONS} sessions: ${((ms * 1000) / SESSIONS).toFixed(1)} µs each`)
}

async function encryption(): Promise<void> {
  const record = await SCENE.record(Date.now())
  const inner = memoryStorage()
  const encrypted = encryptedStorage(inner, [
    btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32)))),
  ])
  const [plainTimes, encryptedTimes]: [number[], number[]] = [[], []]
  const plain = memoryStorage()
  await create(plain, SCENE.key, record)
  await create(encrypted, SCENE.key, record)
  for (let access = 0; access < ACCESSES; access += 1) {
    plainTimes.push(await time(() => getAndPut(plain)))
    encryptedTimes.push(await time(() => getAndPut(encrypted)))
  }
  const [bare, sealed] = [plainTimes, encryptedTimes].map((times) => median(times) * 1000)
  console.log(`get and put in memory: ${bare?.toFixed(0)} µs, encrypted ${sealed?.toFixed(0)} µs`)
  const [before, after] = [record, (await inner.get(SCENE.key))?.value].map(
    (value) => JSON.stringify(value).length,
  )
  console.log(`a record as JSON: ${before} characters, encrypted ${after}`)
}

async function getAndPut(storage: Storage): Promise<void> {
  const entry = await storage.get(SCENE.key)
  if (!entry) throw new Error('it is not there')
  await storage.put(SCENE.key, entry.value, { ifVersion: entry.version })
}

async function create(storage: Storage, key: string, value: StoredValue): Promise<void> {
  await storage.put(key, value, { ifVersion: null })
}

await signInAndRefresh()
await restoreMany()
await encryption()
