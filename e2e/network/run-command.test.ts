import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, Socket } from 'node:net'
import { expect, test } from 'vitest'
import { LOOPBACK } from './loopback.ts'
import { runCommand } from './run-command.ts'

const PARENT = `
  import { runCommand } from './run-command.ts'
  process.once('SIGTERM', () => process.exit())
  await runCommand(process.execPath, ['--eval', 'net.connect(' + process.argv[1] + ')'])
`

test('a command ends with the process that runs it', async () => {
  const server = createServer().listen(0, LOOPBACK)
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('the server listens on no port')
  const input = ['--input-type=module-typescript', '--eval', PARENT, String(address.port)]
  const parent = spawn(process.execPath, input, {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  // The command holds a connection for as long as it runs.
  const [connection]: unknown[] = await once(server, 'connection')
  if (!(connection instanceof Socket)) throw new Error('the server was given no connection')
  const closed = new Promise((resolve) => connection.on('error', () => {}).once('close', resolve))
  parent.kill('SIGTERM')
  await closed
  server.close()
})

test('a command that fails is named, with how it ended and the last that it said', async () => {
  const failing = runCommand(process.execPath, ['--eval', 'console.error("so it is"); process.exitCode = 3'])
  await expect(failing).rejects.toThrow(/failed with exit code 3\nso it is$/)
})
