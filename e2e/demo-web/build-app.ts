import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureBrowserApp } from '../install.ts'
import { runCommand } from '../network/run-command.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const APP = join(ROOT, 'examples/browser-app')

export interface BuildAppOptions {
  /** Where the build goes. */
  readonly folder: string
  /** The network that the app is for, as options of its client. */
  readonly network: {
    readonly plcDirectory: string
    readonly handleResolver: string
    readonly allowLoopback: readonly string[]
  }
  /** Is told what takes its time. @default says nothing */
  readonly report?: (line: string) => void
}

/** Builds the package and, with it, examples/browser-app. */
export async function buildApp({ folder, network, report = () => {} }: BuildAppOptions): Promise<void> {
  await ensureBrowserApp({ report })
  report('Building the app...')
  // Both run on the Node that runs this.
  const PATH = [dirname(process.execPath), process.env['PATH']].join(delimiter)
  const tsc = join(ROOT, 'node_modules/.bin/tsc')
  await runCommand(tsc, ['-b', 'src/node'], { cwd: ROOT, environment: { PATH } })
  const vite = join(APP, 'node_modules/.bin/vite')
  // What is set here, by a test runner say, would be built into the app.
  const environment = { PATH, NODE_ENV: 'production', VITE_NETWORK: JSON.stringify(network) }
  await runCommand(vite, ['build', '--outDir', folder, '--emptyOutDir'], { cwd: APP, environment })
}
