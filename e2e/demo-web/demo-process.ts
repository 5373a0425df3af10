import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** What runs the demo: the program itself, or npm. */
export const COMMANDS = {
  node: [process.execPath, '--conditions=atproof-source', join(ROOT, 'e2e/demo-web.ts')],
  npm: ['npm', 'run', 'demo:web', '--'],
} as const satisfies Readonly<Record<string, readonly [string, ...string[]]>>

/** The demo in a process group of its own, as a terminal has it, with a folder for what it leaves behind. */
export class DemoProcess {
  readonly #child: ChildProcessByStdio<null, Readable, null>
  readonly #lines: string[] = []
  readonly #exited: Promise<unknown[]>
  readonly #folder: string

  private constructor(command: readonly [string, ...string[]], folder: string) {
    const [program, ...input] = command
    this.#folder = folder
    this.#child = spawn(program, input, {
      cwd: ROOT,
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        TMPDIR: join(folder, 'temporary'),
        PATH: [join(folder, 'programs'), process.env['PATH']].join(delimiter),
      },
    })
    this.#exited = once(this.#child, 'exit')
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#lines.push(line))
  }

  /** Starts it, with something in the place of what opens pages: it writes down which. */
  static async start(by: keyof typeof COMMANDS, ...options: readonly string[]): Promise<DemoProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'atproof-demo-test-'))
    await mkdir(join(folder, 'temporary'))
    await mkdir(join(folder, 'programs'))
    for (const name of ['open', 'xdg-open']) {
      const script = `#!/bin/sh\necho "$1" > '${join(folder, 'opened')}'\n`
      await writeFile(join(folder, 'programs', name), script, { mode: 0o755 })
    }
    return new DemoProcess([...COMMANDS[by], ...options], folder)
  }

  /** What it has printed. */
  printed(): string {
    return this.#lines.join('\n')
  }

  /** The page that it has opened. */
  opened(): Promise<string> {
    return readFile(join(this.#folder, 'opened'), 'utf8').catch(() => '')
  }

  /** Sends a signal to the process that was started, or to all of its group: what Ctrl-C in a terminal does. */
  end(signal: NodeJS.Signals, whom: 'process' | 'group'): void {
    const { pid } = this.#child
    if (pid !== undefined) process.kill(whom === 'group' ? -pid : pid, signal)
  }

  /** Its exit code, once it has ended. */
  async exitCode(): Promise<unknown> {
    const [code] = await this.#exited
    return code
  }

  /** What there still is of it: processes, and temporary folders of its own. npm and Vite leave what they cache. */
  async remains(): Promise<readonly string[]> {
    const names = await readdir(join(this.#folder, 'temporary'))
    const folders = names.filter((name) => name.startsWith('atproof-'))
    return [...(await this.#processes()), ...folders]
  }

  async remove(): Promise<void> {
    if ((await this.#processes()).length > 0) this.end('SIGKILL', 'group')
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }

  /** The commands of its group, but for those that have ended and only wait for somebody to take notice. */
  async #processes(): Promise<readonly string[]> {
    const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pgid=', '-o', 'stat=', '-o', 'args='])
    const own = new RegExp(`^ *${this.#child.pid} +[^Z ]\\S* +(.*)`)
    return stdout.split('\n').flatMap((line) => own.exec(line)?.[1] ?? [])
  }
}
