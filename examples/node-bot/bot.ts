import {
  AtproofError,
  type AtproofEvent,
  encryptedStorage,
  nsid,
  signInWithPassword,
  type SignInWithPasswordOptions,
} from 'atproof'
import { fileStorage } from 'atproof/node'
import { setTimeout as pause } from 'node:timers/promises'
import { keepTrying } from './keep-trying.ts'
import { tidOf } from './tid.ts'

const POSTS = nsid('app.bsky.feed.post')
const HOUR = 60 * 60 * 1000

const [identifier, appPassword] = [read('BOT_IDENTIFIER'), read('BOT_APP_PASSWORD')]
const storage = encryptedStorage(fileStorage(read('STORAGE_FOLDER')), [read('STORAGE_KEY')])
const everyMs = readInterval()
const network = readNetwork()

const stop = new AbortController()
const { signal } = stop
for (const name of ['SIGTERM', 'SIGINT']) process.once(name, () => stop.abort())

try {
  while (!signal.aborted) {
    // The newest time that is due. After a restart it may have been posted already, which does no harm.
    const due = Math.floor(Date.now() / everyMs) * everyMs
    await keepTrying(() => post(due), signal)
    await pauseUntil(due + everyMs)
  }
} catch (error) {
  if (!signal.aborted) end(error)
}

/** A timer counts no more than 24 days, and not while the machine sleeps: so an hour at most, and then by the clock again. */
async function pauseUntil(timeMs: number): Promise<void> {
  while (Date.now() < timeMs) await pause(Math.min(timeMs - Date.now(), HOUR), undefined, { signal })
}

/** Writes the post of a time under a key of that time: written again, it is the same post. */
async function post(timeMs: number): Promise<void> {
  // While the stored session is good, this asks for none.
  const client = await signInWithPassword(identifier, appPassword, {
    storage,
    signal,
    onEvent: report,
    ...network,
  })
  const record = { text: textOf(timeMs), createdAt: new Date(timeMs).toISOString() }
  const { data } = await client.records(POSTS).put(tidOf(timeMs), record, { signal })
  console.log(`posted ${data.uri}`)
}

/** What the bot says: put your own here. */
function textOf(timeMs: number): string {
  return `It is ${new Date(timeMs).toISOString()}.`
}

/** What happens to the session. No event holds a secret. */
function report({ type }: AtproofEvent): void {
  console.log(type)
}

/** Whoever runs the bot mends it and starts it again. */
function end(error: unknown): void {
  if (!(error instanceof AtproofError)) console.error(error)
  else console.error([error.message, error.action].filter(Boolean).join('\n'))
  process.exitCode = 1
}

function read(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set: see README.md`)
  return value
}

function readInterval(): number {
  const seconds = Number(process.env['POST_EVERY_SECONDS'] ?? 3600)
  if (Number.isInteger(seconds) && seconds > 0) return seconds * 1000
  throw new Error('POST_EVERY_SECONDS is not a number of seconds: see README.md')
}

/** Another network than the public one, such as that of a test: see `allowLoopback`. */
function readNetwork(): SignInWithPasswordOptions {
  return JSON.parse(process.env['NETWORK'] ?? '{}')
}
