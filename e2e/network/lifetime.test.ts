import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { requireNode, requirePackages } from './requirements.ts'
import { startNetwork } from './start.ts'

let parentFolder: string
beforeEach(async () => {
  parentFolder = await mkdtemp(join(tmpdir(), 'lifetime-test-'))
})
afterEach(() => rm(parentFolder, { recursive: true }))

/** The folders that networks keep, the temporary ones of their packages too. */
const folders = () => readdir(parentFolder)
const answers = (url: string) =>
  fetch(url).then(
    () => true,
    () => false,
  )

test('ends and removes its data when it is closed', async () => {
  vi.stubEnv('TMPDIR', parentFolder)
  const network = await startNetwork().finally(() => vi.unstubAllEnvs())
  const added = await network.addPds({ issuer: 'own' })
  expect(await folders()).toHaveLength(1)
  await network.close()
  expect(await folders()).toEqual([])
  for (const url of [network.plc, network.pds, added.pds]) expect(await answers(url)).toBe(false)
  await expect(network.requests()).rejects.toThrow('the network is closed')
})

test('ends and removes its data when its parent is killed', async () => {
  const parent = spawn(process.execPath, ['--input-type=module-typescript', '--eval', PARENT], {
    cwd: import.meta.dirname,
    env: { ...process.env, TMPDIR: parentFolder },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [pds]: string[] = await once(createInterface(parent.stdout), 'line')
  expect([await answers(pds ?? ''), (await folders()).length]).toEqual([true, 1])
  parent.kill('SIGKILL')
  await expect.poll(folders, { timeout: 5000 }).toEqual([])
  expect(await answers(pds ?? '')).toBe(false)
})

const PARENT = `
  import { startNetwork } from './start.ts'
  const network = await startNetwork()
  console.log(network.pds)
`

test('removes what a killed network left, and nothing that is in use', async () => {
  const gone = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
  await once(gone, 'exit')
  await mkdir(join(parentFolder, `atproof-network-${gone.pid}-abcdef`, 'blobs'), { recursive: true })
  await mkdir(join(parentFolder, `atproof-network-${process.pid}-abcdef`))
  const network = await startNetwork({ parentFolder })
  expect(await folders()).not.toContain(`atproof-network-${gone.pid}-abcdef`)
  expect(await folders()).toContain(`atproof-network-${process.pid}-abcdef`)
  await network.close()
})

test('is reached over loopback only', async () => {
  const network = await startNetwork({ parentFolder })
  const outside = Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === 'IPv4' && !address.internal)
  const added = await network.addPds({ issuer: 'shared' })
  for (const url of [network.plc, network.pds, added.pds]) {
    expect(await answers(url)).toBe(true)
    if (outside) expect(await answers(`http://${outside.address}:${new URL(url).port}`)).toBe(false)
  }
  await network.close()
})

test('says how it ended and the last that it said, when it cannot start', async () => {
  await expect(startNetwork({ parentFolder: join(parentFolder, 'missing') })).rejects.toThrow(
    /ended by itself, with exit code 1\n[^]*ENOENT[^]*missing/,
  )
})

test('says which Node it needs and which one it was given', () => {
  expect(() => requireNode('20.20.2')).toThrow('the network runs on Node 22.18 or newer, and this is Node 20.20.2')
  expect(() => requireNode('22.17.0')).toThrow('this is Node 22.17.0')
  expect(() => requireNode('22.18.0')).not.toThrow()
  expect(() => requireNode('24.0.0')).not.toThrow()
})

test('names the command that installs its packages when they are missing', () => {
  expect(() => requirePackages(join(parentFolder, 'package.json'))).toThrow('run: npx node e2e/install.ts')
  expect(() => requirePackages()).not.toThrow()
})
