// The program of the network's process: it belongs to the process that forked it, and ends with that one.
import { createDataFolder } from './data-folder.ts'
import { type AnswerMessage, type CallMessage, START_ID } from './messages.ts'

const [parentFolder] = process.argv.slice(2)
if (!parentFolder || !process.connected) throw new Error('this program is for startNetwork() to fork')

// Ctrl-C and a terminal that closes reach this process too, but whether the network ends is for its parent to say.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
// Loading the servers takes a second or two, in which a SIGTERM ends this process as it is: there is no data yet.
const { runNetwork } = await import('./run-network.ts')
// The parent may have ended in the meantime.
if (!process.connected) process.exit()
// Nothing is worth an orderly end: all data is in the folder, which goes when the process exits.
process.once('disconnect', () => process.exit())
process.once('SIGTERM', () => process.exit())
const { addresses, commands } = await runNetwork(createDataFolder(parentFolder))

process.on('message', async ({ id, command, input }: CallMessage) => {
  try {
    answer({ id, value: await Reflect.apply(commands[command], undefined, input) })
  } catch (error) {
    answer({ id, error: error instanceof Error ? error.message : String(error) })
  }
})
answer({ id: START_ID, value: addresses })

function answer(message: AnswerMessage): void {
  process.send?.(message)
}
