import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Node strips types unasked from here on; the PDS itself needs 22.15. */
const OLDEST_NODE = [22, 18] as const
const packages = fileURLToPath(new URL('node_modules/@atproto/pds/package.json', import.meta.url))

/** Says what the network cannot start without, in place of the obscure error that it would fail with. */
export function requireNode(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor, oldestMinor] = OLDEST_NODE
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return
  throw new Error(
    `the network runs on Node ${OLDEST_NODE.join('.')} or newer, and this is Node ${version}; ` +
      'npm scripts use the right one, others find it in node_modules/.bin',
  )
}

export function requirePackages(path: string = packages): void {
  if (existsSync(path)) return
  throw new Error('the packages of the network are not installed; run: npx node e2e/install.ts')
}
