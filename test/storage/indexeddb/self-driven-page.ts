// A page that nobody drives: by its path it keeps keys, or uses those that are kept, and tells by requests what came of
// it. `/lose` loses its databases by the answer to `/loseNow`, tells what a failure says to do, and does that.
import { checkedStorage } from '../../../src/storage/checked-storage.ts'
import { indexedDbStorage } from '../../../src/storage/indexeddb.ts'
import { create, signs } from './kept-keys.ts'

const KEY = 'session/1'
const storage = checkedStorage(indexedDbStorage())

const deeds: Readonly<Record<string, () => Promise<void>>> = {
  '/put': () => tell(create(storage, KEY)),
  '/get': () => tell(signs(storage, KEY)),
  async '/lose'() {
    await create(storage, KEY)
    await fetch('/loseNow').catch(() => {}) // what was to bring the answer is gone
    await tell(signs(storage, KEY).catch((error: unknown) => Object(error).action))
    location.replace('/get')
  },
}

async function tell(what: Promise<unknown>): Promise<void> {
  await fetch(`/told/${encodeURIComponent(String(await what.catch(String)))}`)
}

void deeds[location.pathname]?.()
