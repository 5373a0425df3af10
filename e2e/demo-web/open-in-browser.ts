import { spawn } from 'node:child_process'

/** What opens a page in the person's browser, by platform. On Windows `start` takes its first text for a title. */
const COMMANDS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
  linux: ['xdg-open'],
}

/** Opens a page where there is something to open it with. Otherwise the person has its address. */
export function openInBrowser(url: string): void {
  const [command, ...input] = COMMANDS[process.platform] ?? ['xdg-open']
  const child = spawn(command, [...input, url], { detached: true, stdio: 'ignore' })
  child.on('error', () => {}) // nothing to open it with
  child.unref()
}
