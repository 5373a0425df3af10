// A process of the suite: `<address as JSON> <task>`. It prints what it did.
import { writeSync } from 'node:fs'
import { runStorageTask } from '../../src/testing/storage-suite/run-storage-task.ts'
import { type Address, openEngine } from './engine.ts'

const [address = '', task = ''] = process.argv.slice(2)
const { storage, close } = await openEngine(JSON.parse(address) as Address)
// It waits where the pipe is full: what `console.log` keeps back then is lost with the process.
await runStorageTask(storage, task, (line) => void writeSync(1, `${line}\n`))
await close()
