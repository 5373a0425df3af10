import fs, { type FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import type { Points } from './points.ts'

const HANDLE_STEPS = ['sync', 'datasync', 'write', 'writeFile', 'read', 'readFile', 'stat', 'close'] as const

type Step = (...input: unknown[]) => Promise<unknown>

/** Makes each step that a program takes on files a point before and one after. To be done before the engine is used. */
export function watchFileSteps(points: Points): void {
  for (const name of Object.keys(fs)) {
    const step: unknown = Reflect.get(fs, name)
    if (typeof step !== 'function' || !isStep(name)) continue
    const run: Step = async (...input) => {
      const made: unknown = await points.around(`file ${name}`, () => Reflect.apply(step, fs, input))
      if (name === 'open') watchHandle(made as FileHandle)
      return made
    }
    Reflect.set(fs, name, run)
  }
  // What was imported by name sees the new ones, too.
  syncBuiltinESMExports()

  function watchHandle(handle: FileHandle): void {
    for (const name of HANDLE_STEPS) {
      const step = handle[name].bind(handle) as Step
      const value: Step = (...input) => points.around(`file handle.${name}`, () => step(...input))
      Object.defineProperty(handle, name, { configurable: true, value })
    }
  }
}

/** `watch` and `glob` are loops, and the rest are no functions that wait. */
function isStep(name: string): boolean {
  return name !== 'watch' && name !== 'glob' && /^[a-z]/.test(name)
}
