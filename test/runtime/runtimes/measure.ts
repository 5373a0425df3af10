import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What a page loads, in one piece. */
export interface Measured {
  /** Its size, minified and compressed by gzip. */
  readonly gzipBytes: number
  /** The minified text. */
  readonly text: string
  /** What each file takes of it before it is compressed, the largest first. */
  readonly parts: readonly (readonly [path: string, bytes: number])[]
}

/** How the pages of most apps are built. */
const PAGE = {
  bundle: true,
  write: false,
  minify: true,
  metafile: true,
  format: 'esm',
  target: 'es2022',
  platform: 'browser',
  conditions: ['browser'],
  logLevel: 'silent',
} as const

/**
 * Measures what a page loads that begins with a file.
 *
 * @param loads which parts behind `import()` count, by the path that names them
 */
export async function measure(entry: URL, loads: (path: string) => boolean): Promise<Measured> {
  const { build } = await import('esbuild')
  const { outputFiles, metafile } = await build({
    ...PAGE,
    entryPoints: [fileURLToPath(entry)],
    plugins: [
      {
        name: 'parts that are loaded later',
        setup({ onResolve }) {
          onResolve({ filter: /.*/ }, ({ kind, path }) =>
            kind === 'dynamic-import' && !loads(path) ? { path, external: true } : undefined,
          )
        },
      },
    ],
  })
  const [file] = outputFiles
  const [output] = Object.values(metafile?.outputs ?? {})
  if (!file || !output) throw new Error(`esbuild made nothing of ${entry.href}`)
  const parts = Object.entries(output.inputs).map(([path, { bytesInOutput }]) => [path, bytesInOutput] as const)
  parts.sort(([, one], [, other]) => other - one)
  return { gzipBytes: await compress(file.text), text: file.text, parts }
}

/** What a page loads at first where a bundler splits: each file takes a request, and is compressed for itself. */
export async function measureFirstFiles(
  entry: URL,
): Promise<{ readonly files: number; readonly gzipBytes: number }> {
  const { build } = await import('esbuild')
  const { metafile, outputFiles } = await build({
    ...PAGE,
    entryPoints: [fileURLToPath(entry)],
    splitting: true,
    outdir: '/',
  })
  const outputs = metafile?.outputs ?? {}
  const first = Object.keys(outputs).find((name) => outputs[name]?.entryPoint?.endsWith('.ts'))
  const seen = new Set<string>()
  const visit = (name: string): void => {
    if (seen.has(name)) return
    seen.add(name)
    for (const { kind, path } of outputs[name]?.imports ?? []) if (kind === 'import-statement') visit(path)
  }
  if (first !== undefined) visit(first)
  const names = new Set(Array.from(seen, (name) => basename(name)))
  const texts = outputFiles.filter(({ path }) => names.has(basename(path))).map(({ text }) => text)
  const sizes = await Promise.all(texts.map(compress))
  return { files: sizes.length, gzipBytes: sizes.reduce((sum, size) => sum + size, 0) }
}

async function compress(text: string): Promise<number> {
  const { default: sizeLimit } = await import('size-limit')
  const { default: filePlugin } = await import('@size-limit/file')
  const folder = await mkdtemp(join(tmpdir(), 'atproof-size-'))
  try {
    const path = join(folder, 'page.js')
    await writeFile(path, text)
    const [measured] = await sizeLimit([filePlugin], { checks: [{ files: [path], gzip: true }] })
    if (measured?.size === undefined) throw new Error('size-limit measured nothing')
    return measured.size
  } finally {
    await rm(folder, { recursive: true })
  }
}
