import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'

/** What happens before a call to the file system: it may wait, fail, or never end. */
export type BeforeCall = (name: string, path: string) => Promise<void> | void

type Call = (this: unknown, ...parameters: unknown[]) => Promise<unknown>

const FUNCTIONS = ['link', 'mkdir', 'open', 'readdir', 'rename', 'rm', 'rmdir', 'unlink'] as const
const OF_HANDLES = ['close', 'readFile', 'stat', 'sync', 'writeFile'] as const

/** Puts something before every call that this process makes to the file system by promises. Returns the way to stop. */
export async function interceptFiles(before: BeforeCall): Promise<() => void> {
  const handle = await fs.open(tmpdir(), 'r')
  const prototype: object = Object.getPrototypeOf(handle)
  await handle.close()
  const restores = [
    ...FUNCTIONS.map((name) => wrap(fs, name, before)),
    ...OF_HANDLES.map((name) => wrap(prototype, name, before)),
  ]
  syncBuiltinESMExports()
  return () => {
    for (const restore of restores) restore()
    syncBuiltinESMExports()
  }
}

function wrap(target: object, name: string, before: BeforeCall): () => void {
  const original: Call = Reflect.get(target, name)
  const replacement: Call = async function (...parameters) {
    await before(name, String(parameters[0]))
    return Reflect.apply(original, this, parameters)
  }
  Reflect.set(target, name, replacement)
  return () => void Reflect.set(target, name, original)
}
