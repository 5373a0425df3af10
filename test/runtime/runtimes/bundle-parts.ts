import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Makes modules of a file and all that it imports, as bundlers do for a page: one that begins, and one for each part that
 * is loaded when it is needed. By their names: the first has that of the file, and a part that of its own and a hash.
 */
export async function bundleParts(entry: URL): Promise<ReadonlyMap<string, string>> {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    splitting: true,
    write: false,
    outdir: '/',
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    conditions: ['atproof-source', 'browser'],
    logLevel: 'silent',
  })
  return new Map(outputFiles.map(({ path, text }) => [basename(path), text]))
}
