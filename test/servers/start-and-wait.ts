// A process that starts both servers and never ends them: for the test of what becomes of them when it is killed.
import { startPostgres } from './postgres.ts'
import { startRedis } from './redis.ts'

const [parentFolder] = process.argv.slice(2)
if (!parentFolder || !process.connected) throw new Error('this program is for servers.test.ts to fork')

process.send?.('starting')
const servers = await Promise.all([startRedis({ parentFolder }), startPostgres({ parentFolder })])
process.send?.(servers.map(({ pid }) => pid))
process.on('message', () => {})
