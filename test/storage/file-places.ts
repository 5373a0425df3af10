import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Address } from './engine.ts'
import type { Damages, Place } from './engine-hooks.ts'

/** Where a `fileStorage` is, perhaps under an `encryptedStorage`. */
export type FileAddress = Extract<Address, { readonly engine: 'file' }>

/** A directory of its own for each case. */
export async function makeDirectory(keys?: readonly string[]): Promise<Place<FileAddress>> {
  const directory = await mkdtemp(join(tmpdir(), 'atproof-storage-'))
  return {
    address: { engine: 'file', directory, ...(keys && { keys }) },
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}

/** What a crash, a stranger or a full disk leaves of a file. */
export const fileDamages: Damages<FileAddress> = {
  truncated: changed((bytes) => bytes.subarray(0, bytes.length / 2)),
  'truncated by its last two bytes': changed((bytes) => bytes.subarray(0, -2)),
  empty: changed(() => Buffer.alloc(0)),
  'foreign: another JSON': changed(() => Buffer.from('{"hello":"world"}\n')),
  'foreign: no text': changed(() => Buffer.from(Array.from({ length: 500 }, (_, at) => at % 256))),
  'filled with zeros': changed((bytes) => Buffer.alloc(bytes.length)),
  'a copy of a file of another entry': changed((bytes) =>
    Buffer.from(bytes.toString().replace('did:plc:alice', 'did:plc:mallory')),
  ),
}

/** Writes other bytes where the newest version of an entry is. */
function changed(change: (bytes: Buffer) => Buffer): Damages<FileAddress>[string] {
  return async ({ directory }, key) => {
    const file = await findFile(directory, key)
    await writeFile(file, change(await readFile(file)))
  }
}

async function findFile(directory: string, key: string): Promise<string> {
  const files = await readdir(directory, { recursive: true, withFileTypes: true })
  for (const file of files.filter((one) => one.isFile())) {
    const path = join(file.parentPath, file.name)
    if ((await readFile(path, 'utf8')).includes(JSON.stringify(key))) return path
  }
  throw new Error('no file holds the key')
}
