import { findProgram, findPrograms, isExecutable, listVersions } from './find-program.ts'

/** A program that comes from the system's packages, not from npm. */
export interface SystemProgram {
  readonly name: string
  /** What Debian and the like call it. */
  readonly debianPackage: string
  /** What to do where there is no apt-get. */
  readonly advice: string
  /** Its executable, or the folder of them where there are several. */
  find(): string | undefined
}

// The last is a stub on Ubuntu that only asks for a snap.
const BROWSERS = ['chromium', 'google-chrome', 'google-chrome-stable', 'chromium-browser']
const MAC_CHROME = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'

export const CHROMIUM: SystemProgram = {
  name: 'Chromium',
  debianPackage: 'chromium',
  advice: 'install one, then name it: export CHROMIUM_PATH=<its executable>',
  find() {
    const named = process.env['CHROMIUM_PATH']
    if (!named) return BROWSERS.map((name) => findProgram(name)).find(Boolean) ?? [MAC_CHROME].find(isExecutable)
    if (isExecutable(named)) return named
    throw new Error(`CHROMIUM_PATH names no executable: ${named}`)
  },
}

/** Firefox as Debian has it for years; the one of a desktop does too. */
export const FIREFOX: SystemProgram = {
  name: 'Firefox',
  debianPackage: 'firefox-esr',
  advice: 'install one, then name it: export FIREFOX_PATH=<its executable>',
  find() {
    const named = process.env['FIREFOX_PATH']
    if (!named) return ['firefox-esr', 'firefox'].map((name) => findProgram(name)).find(Boolean)
    if (isExecutable(named)) return named
    throw new Error(`FIREFOX_PATH names no executable: ${named}`)
  },
}

/** What drives WebKitGTK, and brings its small browser along. */
export const WEBKIT: SystemProgram = {
  name: 'WebKitGTK',
  debianPackage: 'webkit2gtk-driver',
  advice: 'it is on Linux only: install it, so that WebKitWebDriver is on the PATH',
  find: () => findProgram('WebKitWebDriver'),
}

/** A display that nobody sees, without which WebKitGTK does not start. */
export const XVFB: SystemProgram = {
  name: 'Xvfb',
  debianPackage: 'xvfb',
  advice: 'install it, so that Xvfb is on the PATH',
  find: () => findProgram('Xvfb'),
}

export const REDIS: SystemProgram = {
  name: 'Redis',
  debianPackage: 'redis-server',
  advice: 'install it, so that redis-server is on the PATH (brew install redis)',
  find: () => findProgram('redis-server'),
}

export const POSTGRES: SystemProgram = {
  name: 'PostgreSQL',
  debianPackage: 'postgresql',
  advice: 'install it, so that postgres and initdb are on the PATH (brew install postgresql)',
  // Debian keeps the server's programs off the PATH, in a folder for each version.
  find: () => findPrograms(['postgres', 'initdb'], listVersions('/usr/lib/postgresql').map(binOf)),
}

function binOf(folder: string): string {
  return `${folder}/bin`
}
