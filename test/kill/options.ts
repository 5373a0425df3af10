import { parseArgs } from 'node:util'
import type { ClientKind } from './messages.ts'
import { ENGINES, type EngineName } from './start-engine.ts'

/** What a run is asked for. */
export interface Options {
  readonly engines: readonly EngineName[]
  readonly kills: number
  readonly seed: number
  readonly speed: number
  readonly children: number
  readonly realPauses: number
  readonly hasNonces: boolean
  readonly isJson: boolean
  readonly clients: readonly ClientKind[]
}

/** Reads the command line. @throws TypeError for an option that is none, or that cannot be */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      engine: { type: 'string', multiple: true, default: [...ENGINES] },
      kills: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      speed: { type: 'string', default: '600' },
      children: { type: 'string', default: '4' },
      'real-pauses': { type: 'string', default: '0' },
      'no-nonces': { type: 'boolean', default: false },
      sessions: { type: 'string', default: 'both' },
      json: { type: 'boolean', default: false },
    },
  })
  return {
    engines: values.engine.map(readEngine),
    kills: readCount('kills', values.kills, 1),
    seed: readCount('seed', values.seed, 0),
    speed: readCount('speed', values.speed, 1),
    children: readCount('children', values.children, 1),
    realPauses: readCount('real-pauses', values['real-pauses'], 0),
    hasNonces: !values['no-nonces'],
    isJson: values.json,
    clients: readSessions(values.sessions),
  }
}

function readEngine(name: string): EngineName {
  const engine = ENGINES.find((each) => each === name)
  if (engine) return engine
  throw new TypeError(`--engine: expected ${ENGINES.join(', ')}, found ${name}`)
}

const SESSIONS: Readonly<Record<string, readonly ClientKind[]>> = {
  oauth: ['public', 'confidential'],
  password: ['password'],
  both: ['public', 'confidential', 'password'],
}

function readSessions(name: string): readonly ClientKind[] {
  const clients = Object.hasOwn(SESSIONS, name) && SESSIONS[name]
  if (clients) return clients
  throw new TypeError(`--sessions: expected ${Object.keys(SESSIONS).join(', ')}, found ${name}`)
}

function readCount(name: string, text: string, least: number): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= least) return count
  throw new TypeError(`--${name}: expected a whole number from ${least}, found ${text}`)
}
