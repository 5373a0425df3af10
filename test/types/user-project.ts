import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The programs that a user's compiler can be, by their versions. */
export const COMPILERS = {
  '7': join(ROOT, 'node_modules/typescript/bin/tsc'),
  '5.9': join(ROOT, 'test/types/typescript-5.9/node_modules/typescript/bin/tsc'),
} as const

export type CompilerVersion = keyof typeof COMPILERS

/** A project as a user has one, with the built package in its node_modules. */
export interface UserProject {
  readonly folder: string
  /** Compiles some of its files, and gives what the compiler complains of. */
  compile(version: CompilerVersion, ...files: readonly string[]): Promise<string>
  /** Writes the declarations of some of its files, and gives what the compiler complains of. */
  declare(version: CompilerVersion, ...files: readonly string[]): Promise<string>
  /** What some of its files cost. */
  measure(version: CompilerVersion, ...files: readonly string[]): Promise<Cost>
  remove(): Promise<void>
}

/** What a compilation costs. */
export interface Cost {
  readonly instantiations: number
  /** In seconds. */
  readonly checkTime: number
}

const STRICT = {
  target: 'es2022',
  lib: ['es2024', 'dom', 'dom.iterable'],
  module: 'nodenext',
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noUnusedLocals: true,
  isolatedModules: true,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  skipLibCheck: false,
  noEmit: true,
}

/** Makes a project of these files. */
export async function createUserProject(files: Readonly<Record<string, string>>): Promise<UserProject> {
  const folder = await mkdtemp(join(tmpdir(), 'atproof-user-'))
  await mkdir(join(folder, 'node_modules'))
  await symlink(ROOT, join(folder, 'node_modules/atproof'))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: STRICT, include: ['*.ts'] }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)

  async function compile(version: CompilerVersion, names: readonly string[], flags: readonly string[]) {
    const config = join(folder, `tsconfig.${version}.json`)
    await writeFile(config, JSON.stringify({ extends: './tsconfig.json', include: [], files: names }))
    return new Promise<string>((resolve) => {
      const args = [COMPILERS[version], '-p', config, ...flags]
      execFile(process.execPath, args, { maxBuffer: 2 ** 26 }, (_, stdout, stderr) => resolve(stdout + stderr))
    })
  }
  return {
    folder,
    compile: (version, ...names) => compile(version, names, []),
    declare: (version, ...names) =>
      compile(version, names, [
        '--noEmit',
        'false',
        '--declaration',
        '--emitDeclarationOnly',
        '--outDir',
        join(folder, 'out'),
      ]),
    async measure(version, ...names) {
      // Each of several checkers would count what it does again.
      const alone = version === '7' ? ['--singleThreaded'] : []
      const said = await compile(version, names, ['--extendedDiagnostics', ...alone])
      const read = (label: string) => Number(new RegExp(`^${label}:\\s+([\\d.]+)`, 'mu').exec(said)?.[1])
      const cost = { instantiations: read('Instantiations'), checkTime: read('Check time') }
      if (Number.isNaN(cost.instantiations) || said.includes('error TS')) throw new Error(said)
      return cost
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
