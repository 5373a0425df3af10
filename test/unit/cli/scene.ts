import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createProgram } from '../../../src/cli/create-program.ts'

/** A folder of its own for a test, with files in it, and the command line. */
export interface Workspace {
  /** The path of a file in it. */
  path(name: string): string
  write(name: string, content: unknown): Promise<void>
  /** Runs `atproof types lexicons --out types.ts`, or with other words instead. */
  types(words?: readonly string[]): Promise<Ran>
}

/** What a command did. Paths are as if it had been run in the folder. */
export interface Ran {
  readonly code: number
  readonly out: readonly string[]
  readonly errors: readonly string[]
}

export const NOTE: unknown = {
  lexicon: 1,
  id: 'com.example.note',
  defs: {
    main: {
      type: 'record',
      key: 'tid',
      record: { type: 'object', required: ['text'], properties: { text: { type: 'string' } } },
    },
  },
}

export async function workspace(files: Readonly<Record<string, unknown>> = {}): Promise<Workspace> {
  const folder = await mkdtemp(join(tmpdir(), 'atproof-types-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const path = (name: string) => join(folder, name)
  const write = async (name: string, content: unknown) => {
    await mkdir(dirname(path(name)), { recursive: true })
    await writeFile(path(name), typeof content === 'string' ? content : JSON.stringify(content))
  }
  for (const [name, content] of Object.entries(files)) await write(name, content)
  const types = (words: readonly string[] = []) =>
    runProgram(['types', path('lexicons'), '--out', path('types.ts'), ...words], folder)
  return { path, write, types }
}

/** Runs the command line in this process. */
export async function runProgram(args: readonly string[], folder = '/'): Promise<Ran> {
  const out: string[] = []
  const errors: string[] = []
  const bare = (line: string) => line.replaceAll(`${folder}/`, '')
  const program = createProgram({
    out: (line) => out.push(bare(line)),
    error: (line) => errors.push(bare(line)),
  })
  const code = await program.run(args)
  return { code, out, errors }
}
