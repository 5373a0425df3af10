import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const SOURCE = new URL('../../src/', import.meta.url)

/**
 * Runs a snippet of a README as a module, and gives what it exports.
 *
 * @param readme its path in `src/`
 * @param part what the snippet has, and no other
 * @param wrap makes a module of it, where it is none by itself
 */
export async function importSnippet(
  readme: string,
  part: string,
  wrap: (code: string) => string = (code) => code,
): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(new URL(readme, SOURCE), 'utf8')
  const snippets = Array.from(text.matchAll(/```ts\n(.*?)```/gs), ([, code = '']) => code)
  const found = snippets.filter((code) => code.includes(part))
  if (found.length !== 1) throw new Error(`${readme} has ${found.length} snippets with ${part}`)
  const folder = await mkdtemp(join(tmpdir(), 'snippet-'))
  try {
    const file = join(folder, 'snippet.ts')
    await writeFile(file, wrap(found.join('')))
    return await import(pathToFileURL(file).href)
  } finally {
    await rm(folder, { recursive: true })
  }
}
