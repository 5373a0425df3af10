import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { COMPILERS } from './user-project.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url))

test('what has to compile does with TypeScript 5.9 too, and what must not does not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'atproof-older-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const config = {
    extends: join(HERE, '../tsconfig.json'),
    compilerOptions: { typeRoots: [join(HERE, '../../node_modules/@types')] },
    include: [join(HERE, '*.ts')],
    exclude: [join(HERE, '*.test.ts')],
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const complaints = await new Promise<string>((resolve) => {
    execFile(process.execPath, [COMPILERS['5.9'], '-p', folder], (_, stdout) => resolve(stdout))
  })
  expect(complaints).toBe('')
})
