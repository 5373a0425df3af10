// What is used of the packages here, so that types check before they are installed.

declare module 'esbuild' {
  interface OnResolveArgs {
    kind: string
    path: string
  }

  interface BuildOptions {
    entryPoints: string[]
    bundle: true
    splitting?: boolean
    outdir?: string
    write: false
    minify?: boolean
    metafile?: boolean
    format: 'esm'
    target: string
    platform: 'browser' | 'neutral'
    conditions: readonly string[]
    mainFields?: string[]
    logLevel: 'silent'
    plugins?: {
      name: string
      setup(build: {
        onResolve(
          options: { filter: RegExp },
          resolve: (args: OnResolveArgs) => { path: string; external: boolean } | undefined,
        ): void
      }): void
    }[]
  }

  interface Output {
    entryPoint?: string
    imports: { kind: string; path: string }[]
    inputs: Record<string, { bytesInOutput: number }>
  }

  interface BuildResult {
    outputFiles: { path: string; text: string }[]
    metafile?: { outputs: Record<string, Output> }
  }

  export function build(options: BuildOptions): Promise<BuildResult>
}

declare module 'size-limit' {
  interface Check {
    files: string[]
    gzip: boolean
  }

  export default function sizeLimit(
    plugins: readonly object[],
    options: { checks: Check[] },
  ): Promise<readonly { size?: number }[]>
}

declare module '@size-limit/file' {
  const plugins: object
  export default plugins
}

declare module 'miniflare' {
  export class Miniflare {
    constructor(options: {
      modules: true
      script: string
      compatibilityDate: string
      outboundService?: (request: Request) => Promise<Response>
    })
    dispatchFetch(url: string, init: RequestInit): Promise<Response>
    dispose(): Promise<void>
  }

  const WorkerResponse: typeof Response
  export { WorkerResponse as Response }
}
