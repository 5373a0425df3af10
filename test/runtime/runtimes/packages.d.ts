// What is used of the packages here, so that types check before they are installed.

declare module 'esbuild' {
  interface BuildOptions {
    entryPoints: string[]
    bundle: true
    write: false
    format: 'esm'
    target: string
    platform: 'browser' | 'neutral'
    conditions: string[]
    mainFields: string[]
    logLevel: 'silent'
  }

  export function build(options: BuildOptions): Promise<{ outputFiles: { text: string }[] }>
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
