// The program of a process that keeps one server: it belongs to the process that forked it, and ends with that one.
import { createDataFolder } from '../../e2e/network/data-folder.ts'
import type { ServerCommand, ServerMessage, ServerState } from './messages.ts'
import { postgresRecipe } from './postgres-recipe.ts'
import { redisRecipe } from './redis-recipe.ts'
import { SupervisedServer } from './supervised-server.ts'

const RECIPES = { redis: redisRecipe, postgres: postgresRecipe }

const [parentFolder, kind, settings] = process.argv.slice(2)
if (!parentFolder || !settings || (kind !== 'redis' && kind !== 'postgres') || !process.connected) {
  throw new Error('this program is for startRedis() and startPostgres() to fork')
}

let server: SupervisedServer | undefined
const end = async (): Promise<void> => {
  await server?.close()
  process.exit()
}
// At once: the parent may end at any moment.
process.once('disconnect', end)
process.once('SIGTERM', end)
// Ctrl-C reaches this process too, but whether the server ends is for its parent to say.
process.on('SIGINT', () => {})

const recipe = await RECIPES[kind](JSON.parse(settings))
// The folder goes when this process exits, and that is after the server.
const supervised = new SupervisedServer(recipe, createDataFolder(parentFolder))
server = supervised
process.on('message', (command: ServerCommand) => answer(() => supervised[command]()))
await answer(() => supervised.create())

async function answer(act: () => Promise<ServerState>): Promise<void> {
  let message: ServerMessage
  try {
    message = await act()
  } catch (error) {
    message = { error: error instanceof Error ? error.message : String(error) }
  }
  // Where the parent is gone, `disconnect` says so.
  process.send?.(message, () => {})
}
