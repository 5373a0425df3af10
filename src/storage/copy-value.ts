import { wrongArgument } from '../errors/wrong-argument.ts'
import { MAX_DEPTH } from './limits.ts'
import type { StoredValue } from './storage.ts'

/**
 * Copies a value for keeping or handing out, so that nobody changes what is stored from outside. A property that is
 * undefined is left out, as in JSON.
 *
 * @throws TypeError for anything that is not plain JSON, nor a CryptoKey where those are kept
 */
export function copyValue(
  value: unknown,
  { keepsCryptoKeys }: { readonly keepsCryptoKeys: boolean },
): StoredValue {
  return copy(value, 'value', 0)

  function copy(part: unknown, path: string, depth: number): StoredValue {
    if (part === null || typeof part === 'string' || typeof part === 'boolean') return part
    if (typeof part === 'number' && Number.isFinite(part)) return part
    if (depth >= MAX_DEPTH) throw wrongArgument(path, `at most ${MAX_DEPTH} levels`, part)
    // Not `map`, which skips the holes of an array.
    if (Array.isArray(part))
      return Array.from<unknown, StoredValue>(part, (item, at) => copy(item, `${path}[${at}]`, depth + 1))
    // A CryptoKey cannot be changed, so that it needs no copy.
    if (keepsCryptoKeys && part instanceof CryptoKey) return part
    if (!isPlainObject(part)) throw wrongArgument(path, 'plain JSON', part)
    const entries = Object.entries(part).filter(([, item]) => item !== undefined)
    return Object.fromEntries(entries.map(([name, item]) => [name, copy(item, `${path}.${name}`, depth + 1)]))
  }
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
