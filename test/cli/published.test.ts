import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

/** A folder with the package in it as npm would publish what is built, and what it depends on. */
async function install(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'atproof-published-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  // Without its scripts, which would build it again.
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT })
  const [archive = ''] = await readdir(folder)
  await run('tar', ['-xzf', archive], { cwd: folder })
  const modules = join(folder, 'package/node_modules')
  await mkdir(modules)
  for (const name of ['@atproto', 'commander', 'multiformats', 'zod']) {
    await symlink(join(ROOT, 'node_modules', name), join(modules, name))
  }
  return folder
}

test('the published package has the command, and knows the documents of com.atproto', async () => {
  const folder = await install()
  const { bin }: { bin: { atproof: string } } = JSON.parse(
    await readFile(join(folder, 'package/package.json'), 'utf8'),
  )
  const command = join('package', bin.atproof)
  expect(await readFile(join(folder, command), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
  expect(await readdir(join(folder, 'package/lexicons'))).toStrictEqual(['com'])
  await mkdir(join(folder, 'lexicons'))
  const properties = { about: { type: 'ref', ref: 'com.atproto.repo.strongRef' } }
  const note = { lexicon: 1, id: 'com.example.note', defs: { main: { type: 'object', properties } } }
  await writeFile(join(folder, 'lexicons/note.json'), JSON.stringify(note))
  const { stdout, stderr } = await run(process.execPath, [command, 'types', 'lexicons', '--out', 'types.ts'], {
    cwd: folder,
  })
  expect([stdout, stderr]).toStrictEqual(['wrote types.ts: 1 other definition of 1 document\n', ''])
  expect(await readFile(join(folder, 'types.ts'), 'utf8')).toContain(
    "  about?: Definitions['com.atproto.repo.strongRef'] | undefined\n",
  )
})
