import { wrongArgument } from '../../errors/wrong-argument.ts'

const TASKS = ['create', 'count', 'write', 'age'] as const

/** What a child process is to do: one line of JSON. */
export interface StorageTask {
  readonly run: (typeof TASKS)[number]
  /** Who the child is, among those of a case. */
  readonly name: string
  /** The key that it works on, or what its keys begin with. */
  readonly key: string
  /** How often, or where to begin. */
  readonly count: number
}

const EVENTS = ['ready', 'wrote', 'deleted', 'lost', 'age', 'done'] as const

/** What a child process says: one line of JSON after {@link MARK}, before its next step. */
export interface TaskReport {
  readonly event: (typeof EVENTS)[number]
  /** Which step, or a figure. */
  readonly at: number
  /** The version that was written, or the empty text. */
  readonly version: string
}

/** Tells the lines of a task from whatever else a process prints. */
export const MARK = 'storage-task '

/** @throws TypeError for what is no task of this suite */
export function parseTask(text: string): StorageTask {
  const { run, name, key, count } = parseObject(text)
  const known = TASKS.find((task) => task === run)
  if (known && typeof name === 'string' && typeof key === 'string' && typeof count === 'number') {
    return { run: known, name, key, count }
  }
  throw wrongArgument('task', 'a task of the storage suite, as it was handed to `spawn`', text)
}

/** What a line says, or undefined for one of somebody else. */
export function parseReport(line: string): TaskReport | undefined {
  if (!line.startsWith(MARK)) return undefined
  const { event, at, version } = parseObject(line.slice(MARK.length))
  const known = EVENTS.find((name) => name === event)
  return known && typeof at === 'number' && typeof version === 'string' ? { event: known, at, version } : undefined
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {} // whoever asked says what is missing
  }
}
