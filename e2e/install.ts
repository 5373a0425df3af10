import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findProgram } from './find-program.ts'
import { runCommand } from './network/run-command.ts'
import { CHROMIUM, FIREFOX, POSTGRES, REDIS, type SystemProgram, WEBKIT, XVFB } from './system-programs.ts'

const NETWORK = fileURLToPath(new URL('network', import.meta.url))
const RUNTIMES = fileURLToPath(new URL('../test/runtime/runtimes', import.meta.url))
const PEERS = fileURLToPath(new URL('../test/peers', import.meta.url))
const BROWSER_APP = fileURLToPath(new URL('../examples/browser-app', import.meta.url))
const TYPESCRIPT = fileURLToPath(new URL('../test/types/typescript-5.9', import.meta.url))
const APT_INSTALL = ['install', '-y', '--no-install-recommends'] as const
const APT_ENVIRONMENT = {
  DEBIAN_FRONTEND: 'noninteractive',
  // A server's package starts a service where systemd runs; the tests start their own.
  SYSTEMD_OFFLINE: '1',
}

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

/** Installs the other libraries that test/peers works with, in the same way. */
export async function ensurePeers({ report = () => {} }: InstallOptions = {}): Promise<void> {
  await ensurePackages(PEERS, () =>
    report('installing the libraries of test/peers, about 97 MB: npm ci in test/peers'),
  )
}

/** Installs the older TypeScript with which test/types compiles too, in the same way. */
export async function ensureTypeScript({ report = () => {} }: InstallOptions = {}): Promise<void> {
  await ensurePackages(TYPESCRIPT, () =>
    report('installing TypeScript 5.9, about 24 MB: npm ci in test/types/typescript-5.9'),
  )
}

/** Installs what examples/browser-app is built with, in the same way. */
export async function ensureBrowserApp({ report = () => {} }: InstallOptions = {}): Promise<void> {
  const announce = () =>
    report('installing what the app is built with, about 70 MB: npm ci in examples/browser-app')
  // Nothing in there has a script but this package itself, which it links to: that one is built where it is needed.
  await ensurePackages(BROWSER_APP, announce, ['--ignore-scripts'])
}

async function ensurePackages(folder: string, announce: () => void, flags: readonly string[] = []): Promise<void> {
  const stamp = join(folder, 'node_modules/.installed-lock')
  const lock = createHash('sha256')
    .update(await readFile(join(folder, 'package-lock.json')))
    .digest('hex')
  // The stamp is in node_modules, which `npm ci` removes first: an install that was cut short leaves none.
  if ((await readFile(stamp, 'utf8').catch(() => undefined)) === lock) return
  announce()
  await runCommand('npm', ['ci', '--no-audit', '--no-fund', ...flags], {
    cwd: folder,
    // npm and its scripts run on the Node that runs this.
    environment: { PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter) },
  })
  await writeFile(stamp, lock)
}

/** Finds a Chromium and returns the path of its executable; as root on Debian and the like it installs one. */
export const ensureChromium = (options?: InstallOptions): Promise<string> => ensureProgram(CHROMIUM, options)

/** Finds a Firefox and returns the path of its executable, or installs one in the same way. */
export const ensureFirefox = (options?: InstallOptions): Promise<string> => ensureProgram(FIREFOX, options)

/** Finds WebKitGTK's driver and returns the path of its executable, or installs it in the same way. */
export const ensureWebKit = (options?: InstallOptions): Promise<string> => ensureProgram(WEBKIT, options)

/** Finds Xvfb and returns the path of its executable, or installs it in the same way. */
export const ensureXvfb = (options?: InstallOptions): Promise<string> => ensureProgram(XVFB, options)

/** Finds a Redis and returns the path of redis-server, or installs one in the same way. */
export const ensureRedis = (options?: InstallOptions): Promise<string> => ensureProgram(REDIS, options)

/** Finds a PostgreSQL and returns the folder of its programs, or installs one in the same way. */
export const ensurePostgres = (options?: InstallOptions): Promise<string> => ensureProgram(POSTGRES, options)

async function ensureProgram(program: SystemProgram, options?: InstallOptions): Promise<string> {
  await ensurePrograms([program], options)
  const found = program.find()
  if (!found) throw new Error(`"${program.debianPackage}" was installed, but left no ${program.name} on the PATH`)
  return found
}

/** Installs those that the machine lacks: all at once, so that the lists of packages are fetched once. */
export async function ensurePrograms(
  programs: readonly SystemProgram[],
  { report = () => {} }: InstallOptions = {},
): Promise<void> {
  const missing = programs.filter((program) => !program.find())
  if (missing.length === 0) return
  const names = missing.map(({ name }) => name).join(' and no ')
  const aptGet = findProgram('apt-get')
  if (!aptGet) throw new Error(`no ${names} was found; ${missing.map(({ advice }) => advice).join('; ')}`)
  const install = [...APT_INSTALL, ...missing.map(({ debianPackage }) => debianPackage)]
  const command = ['apt-get', ...install].join(' ')
  if (process.getuid?.() !== 0) throw new Error(`no ${names} was found; run: sudo ${command}`)
  report(`installing ${missing.map(({ name }) => name).join(', ')}: ${command}`)
  await runCommand(aptGet, ['update'], { environment: APT_ENVIRONMENT })
  await runCommand(aptGet, install, { environment: APT_ENVIRONMENT })
}

if (import.meta.main) {
  const report = console.log
  await ensureNetwork({ report })
  report('the packages of the network are installed')
  await ensureRuntimes({ report })
  report('the runtimes are installed')
  await ensurePeers({ report })
  report('the libraries that sessions come from are installed')
  await ensureTypeScript({ report })
  report('TypeScript 5.9 is installed')
  await ensureBrowserApp({ report })
  report('what examples/browser-app is built with is installed')
  await ensurePrograms([CHROMIUM, FIREFOX, WEBKIT, XVFB, REDIS, POSTGRES], { report })
  report(`Chromium is ${await ensureChromium()}`)
  report(`Firefox is ${await ensureFirefox()}`)
  report(`WebKitGTK is driven by ${await ensureWebKit()}, on a display of ${await ensureXvfb()}`)
  report(`Redis is ${await ensureRedis()}`)
  report(`PostgreSQL is in ${await ensurePostgres()}`)
}
