import { fileURLToPath } from 'node:url'

/** What is different about a bundle. */
export interface BundleOptions {
  readonly platform: 'browser' | 'neutral'
  readonly conditions: readonly string[]
}

/**
 * Makes one module of a file and all that it imports, the built package by its own name among it.
 *
 * @throws Error of esbuild for an import that the platform does not have, such as a Node built-in
 */
export async function bundle(entry: URL, { platform, conditions }: BundleOptions): Promise<string> {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform,
    conditions: [...conditions],
    mainFields: ['module', 'main'],
    logLevel: 'silent',
  })
  const [file] = outputFiles
  if (file) return file.text
  throw new Error(`esbuild made nothing of ${entry.href}`)
}
