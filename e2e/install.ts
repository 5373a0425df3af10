import { createHash } from 'node:crypto'
import { accessSync, constants } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommand } from './network/run-command.ts'

const NETWORK = fileURLToPath(new URL('network', import.meta.url))
const RUNTIMES = fileURLToPath(new URL('../test/runtime/runtimes', import.meta.url))
// The last is a stub on Ubuntu that only asks for a snap.
const BROWSERS = ['chromium', 'google-chrome', 'google-chrome-stable', 'chromium-browser']
const MAC_CHROME = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'
const APT_INSTALL = ['apt-get', 'install', '-y', '--no-install-recommends', 'chromium'] as const

export interface InstallOptions {
  /**
   * Is told what gets installed, before it is.
   *
   * @default says nothing
   */
  report?: (line: string) => void
}

/** Installs the packages of the network, unless those that its lock names are there already. */
export async function ensureNetwork({ report = () => {} }: InstallOptions = {}): Promise<void> {
  await ensurePackages(NETWORK, () =>
    report('installing the packages of the network, about 250 MB: npm ci in e2e/network'),
  )
}

/** Installs Bun, Deno, workerd and an older Node for test/runtime in the same way. */
export async function ensureRuntimes({ report = () => {} }: InstallOptions = {}): Promise<void> {
  await ensurePackages(RUNTIMES, () =>
    report('installing the runtimes, about 550 MB: npm ci in test/runtime/runtimes'),
  )
}

async function ensurePackages(folder: string, announce: () => void): Promise<void> {
  const stamp = join(folder, 'node_modules/.installed-lock')
  const lock = createHash('sha256')
    .update(await readFile(join(folder, 'package-lock.json')))
    .digest('hex')
  // The stamp is in node_modules, which `npm ci` removes first: an install that was cut short leaves none.
  if ((await readFile(stamp, 'utf8').catch(() => undefined)) === lock) return
  announce()
  await runCommand('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: folder,
    // npm and its scripts run on the Node that runs this.
    environment: { PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter) },
  })
  await writeFile(stamp, lock)
}

/** Finds a Chromium and returns the path of its executable; as root on Debian and the like it installs one. */
export async function ensureChromium({ report = () => {} }: InstallOptions = {}): Promise<string> {
  const found = findChromium()
  if (found) return found
  if (!findOnPath('apt-get')) {
    throw new Error('no Chromium was found; install one, then name it: export CHROMIUM_PATH=<its executable>')
  }
  const command = APT_INSTALL.join(' ')
  if (process.getuid?.() !== 0) throw new Error(`no Chromium was found; run: sudo ${command}`)
  report(`installing Chromium: ${command}`)
  const environment = { DEBIAN_FRONTEND: 'noninteractive' }
  const [aptGet, ...install] = APT_INSTALL
  await runCommand(aptGet, ['update'], { environment })
  await runCommand(aptGet, install, { environment })
  const installed = findChromium()
  if (!installed) throw new Error(`"${command}" went well, but left no Chromium on the PATH`)
  return installed
}

function findChromium(): string | undefined {
  const named = process.env['CHROMIUM_PATH']
  if (!named) return BROWSERS.map(findOnPath).find(Boolean) ?? [MAC_CHROME].find(isExecutable)
  if (isExecutable(named)) return named
  throw new Error(`CHROMIUM_PATH names no executable: ${named}`)
}

function findOnPath(name: string): string | undefined {
  const folders = process.env['PATH']?.split(delimiter) ?? []
  return [...folders, '/usr/bin'].map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    // Missing or not executable: no use either way.
    return false
  }
}

if (import.meta.main) {
  const report = console.log
  await ensureNetwork({ report })
  report('the packages of the network are installed')
  await ensureRuntimes({ report })
  report('the runtimes are installed')
  report(`Chromium is ${await ensureChromium({ report })}`)
}
