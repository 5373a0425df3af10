// A process of the suite: `<address as JSON> <task>`. It prints what it did.
import { runStorageTask } from '../../src/testing/storage-suite/run-storage-task.ts'
import { type Address, openEngine } from './engine.ts'

const [address = '', task = ''] = process.argv.slice(2)
const { storage, close } = await openEngine(JSON.parse(address) as Address)
await runStorageTask(storage, task, console.log)
await close()
