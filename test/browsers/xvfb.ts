import { once } from 'node:events'
import { ensureXvfb } from '../../e2e/install.ts'
import { startBound } from './bound-program.ts'

/** A display that nobody sees. */
export interface Display {
  /** What the variable DISPLAY is set to. */
  readonly name: string
  /** Ends it, and with it the browsers on it. */
  close(): Promise<void>
}

/** Starts a display on a number that is free. */
export async function openDisplay(): Promise<Display> {
  const flags = ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp']
  const program = startBound(await ensureXvfb(), flags)
  const [number] = await Promise.race([once(program.notes, 'data'), once(program.notes, 'end')])
  if (number === undefined) throw new Error('Xvfb ended before it had a display')
  return { name: `:${String(number).trim()}`, close: () => program.close() }
}

/** What WebKitGTK needs to know, to run on a display of software and not wait for an accessibility bus. */
export function webKitEnvironment({ name }: Display): Readonly<Record<string, string>> {
  return { DISPLAY: name, LIBGL_ALWAYS_SOFTWARE: '1', NO_AT_BRIDGE: '1' }
}
