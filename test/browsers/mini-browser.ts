import { isExecutable, listVersions } from '../../e2e/find-program.ts'

const ARCHITECTURES = { x64: 'x86_64', arm64: 'aarch64' } as const

/** The small browser that comes with WebKitGTK: it is on no PATH. */
export function findMiniBrowser(): string {
  const architecture = ARCHITECTURES[process.arch === 'arm64' ? 'arm64' : 'x64']
  const folders = listVersions(`/usr/lib/${architecture}-linux-gnu`).filter((path) => /\/webkit2?gtk-/.test(path))
  const found = folders.map((folder) => `${folder}/MiniBrowser`).find(isExecutable)
  if (found) return found
  throw new Error('WebKitGTK has no MiniBrowser; on Debian it comes with webkit2gtk-driver')
}
