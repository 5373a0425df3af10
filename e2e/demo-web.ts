import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { furnish } from './demo-web/furnish.ts'
import { requireFreePort } from './demo-web/listen.ts'
import { openApp } from './demo-web/open-app.ts'
import { openInBrowser } from './demo-web/open-in-browser.ts'
import { ensureNetwork } from './install.ts'
import type { Account } from './network/commands.ts'
import { type RealNetwork, startNetwork } from './network/start.ts'
import { runProgram, UsageError } from './run-program.ts'

const USAGE = `npm run demo:web -- [--port <number>] [--no-open]

Builds examples/browser-app, serves it beside a real AT Protocol network on this machine, and opens it in your browser.
Ctrl-C ends all of it.

  --port <number>   where the app is served, at 127.0.0.1; any port that is free unless told. A browser keeps sessions by
                    port: those of an earlier run belong to a network that is gone
  --no-open         print the address, and open nothing
  --help            print this`

const print = (line: string) => console.log(line)

function readPort(text: string | undefined): number {
  if (text === undefined) return 0
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new UsageError(`--port takes a number from 1 to 65535, not "${text}"`)
}

/** Ends the demo when somebody says so, at any time: all that it starts ends with this process. */
function endOnSignal(): void {
  // Not once: Ctrl-C comes from the terminal and from npm.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit())
}

/** Says where everything is, and who lives there. */
function introduce({ pds, plc }: RealNetwork, origin: string, accounts: readonly Account[]): void {
  print(`The app is at ${origin}`)
  for (const { handle, password } of accounts) print(`  sign in as ${handle} with the password "${password}"`)
  print(
    `A real PDS is at ${pds}, a PLC directory at ${plc}. A page of yours signs in here too, with these options:`,
  )
  print(`  ${JSON.stringify({ plcDirectory: plc, handleResolver: pds, allowLoopback: [plc, pds] })}`)
}

/** Lets whoever sits at the terminal see what the app does where a server ends sessions. */
function offerRevocation(network: RealNetwork, dids: readonly string[]): void {
  if (!process.stdin.isTTY) return
  print('Press Enter to have the server end all sessions, as a server may at any time.')
  createInterface({ input: process.stdin }).on('line', () => {
    Promise.all(dids.map((did) => network.revokeSessions(did))).then(
      () => print('All sessions have ended at the server: read or write in the app to see what it says.'),
      (error: unknown) => print(`The sessions could not be ended: ${String(error)}`),
    )
  })
}

async function main(): Promise<void> {
  const options = {
    port: { type: 'string' },
    open: { type: 'boolean', default: true },
    help: { type: 'boolean' },
  } as const
  const { values } = parseArgs({ options, allowNegative: true })
  if (values.help) return print(USAGE)
  const port = readPort(values.port)
  endOnSignal()
  await requireFreePort(port)
  await ensureNetwork({ report: print })
  print('Starting a PLC directory and a PDS...')
  const network = await startNetwork()
  try {
    const accounts = await furnish(network)
    const { origin } = await openApp(network, { port, report: print })
    introduce(network, origin, accounts)
    offerRevocation(
      network,
      accounts.map(({ did }) => did),
    )
    print('Ctrl-C ends it.')
    if (values.open) openInBrowser(origin)
  } catch (error) {
    await network.close()
    throw error
  }
}

await runProgram(main, USAGE)
