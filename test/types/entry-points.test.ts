import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { userProject } from './scene.ts'
import type { CompilerVersion } from './user-project.ts'

const MANIFEST = new URL('../../package.json', import.meta.url)
const VERSIONS: readonly CompilerVersion[] = ['7', '5.9']

test.each(VERSIONS)(
  'whatever can be imported compiles with TypeScript %s, the library checked',
  async (version) => {
    const { exports }: { exports: Readonly<Record<string, unknown>> } = JSON.parse(
      await readFile(MANIFEST, 'utf8'),
    )
    const entries = Object.keys(exports).filter((entry) => typeof exports[entry] === 'object')
    expect(entries).toContain('./registry')
    const lines = entries.map((entry, at) => `export type * as e${at} from '${entry.replace('.', 'atproof')}'\n`)
    const project = await userProject({ 'entries.ts': lines.join('') })
    expect(await project.compile(version, 'entries.ts')).toBe('')
  },
)
