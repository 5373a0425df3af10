// A process of its own, run by kill.test.ts. It does what its arguments say and is killed before its n-th call to the file
// system; where there are fewer it prints how many there were.
import { fileStorage } from '../../../../src/storage/file/file-storage.ts'
import { interceptFiles } from './intercept-files.ts'

const [directory = '', deed = '', key = '', now, monotonic, last] = process.argv.slice(2)
const clock = { now: () => Number(now), monotonic: () => Number(monotonic) }
const storage = fileStorage(directory, { clock })
const ifVersion = deed === 'create' ? null : ((await storage.get(key))?.version ?? null)

let calls = 0
await interceptFiles(() => {
  if (++calls === Number(last)) process.kill(process.pid, 'SIGKILL')
})
if (deed === 'delete') await storage.delete(key, { ifVersion: ifVersion ?? '' })
else await storage.put(key, 'new', { ifVersion })
console.log(calls)
