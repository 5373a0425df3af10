import { inspect } from 'node:util'
import type { Tell } from './tell.ts'

/** Every secret that this process has met: nothing that it prints may hold one. */
export class Secrets {
  readonly #known = new Set<string>()
  readonly #tell: Tell

  constructor(tell: Tell) {
    this.#tell = tell
  }

  add(secrets: readonly unknown[]): void {
    for (const secret of secrets) if (typeof secret === 'string' && secret.length > 7) this.#known.add(secret)
  }

  /** What an app might print of a value. Says so where a secret is in it, and then shows none of it. */
  print(where: string, value: unknown): string {
    const text = `${inspect(value, { depth: 8 })}\n${JSON.stringify(value)}\n${String(value)}`
    for (const secret of this.#known) {
      if (!text.includes(secret)) continue
      this.#tell({ is: 'leak', where })
      return 'a secret'
    }
    return value instanceof Error ? `${value.name} ${value.message}${reasonOf(value.cause)}` : inspect(value)
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? ` (${cause.message}${reasonOf(cause.cause)})` : ''
}
