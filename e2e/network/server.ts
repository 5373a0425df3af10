// The program of the network's process: it belongs to the process that forked it, and ends with that one.
import { createDataFolder } from './data-folder.ts'
import { type AnswerMessage, type CallMessage, START_ID } from './messages.ts'

const [parentFolder] = process.argv.slice(2)
if (!parentFolder || !process.connected) throw new Error('this program is for startNetwork() to fork')

// Nothing is worth an orderly end: all data is in the folder, which goes when the process exits.
process.once('disconnect', () => process.exit())
process.once('SIGTERM', () => process.exit())
// Ctrl-C reaches this process too, but whether the network ends is for its parent to say.
process.on('SIGINT', () => {})
const folder = createDataFolder(parentFolder)

// Loading the servers takes a second, and the parent may end in the meantime.
const { runNetwork } = await import('./run-network.ts')
const { addresses, commands } = await runNetwork(folder)

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
