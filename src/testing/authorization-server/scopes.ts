import { isNsid } from '../../syntax/nsid.ts'
import { parseScope, readValues } from '../pds/scope-syntax.ts'

interface Parameter {
  readonly isValid: (value: string) => boolean
  readonly isRequired?: true
  /** May be given more than once. */
  readonly isList?: true
}

const NAMES =
  (...names: string[]) =>
  (value: string) =>
    names.includes(value)
const isAnyOrNsid = (value: string) => value === '*' || isNsid(value)
const isService = (value: string) => /^did:(plc:[a-z2-7]{24}|web:[\w.%-]+)#[\w.~:-]+$/.test(value)
const isMediaRange = (value: string) => /^(\*\/\*|[^\s*/]+\/(\*|[^\s*/]+))$/.test(value)

/** What may be asked for, by resource. The first parameter may stand behind a colon instead: `repo:com.example.note`. */
const RESOURCES: Readonly<Record<string, Readonly<Record<string, Parameter>>>> = {
  account: {
    attr: { isValid: NAMES('email', 'repo', 'status'), isRequired: true },
    action: { isValid: NAMES('read', 'manage'), isList: true },
  },
  blob: { accept: { isValid: isMediaRange, isRequired: true, isList: true } },
  identity: { attr: { isValid: NAMES('handle', '*'), isRequired: true } },
  include: { nsid: { isValid: isNsid, isRequired: true }, aud: { isValid: isService } },
  repo: {
    collection: { isValid: isAnyOrNsid, isRequired: true, isList: true },
    action: { isValid: NAMES('create', 'update', 'delete'), isList: true },
  },
  rpc: {
    lxm: { isValid: isAnyOrNsid, isRequired: true, isList: true },
    aud: { isValid: (value) => value === '*' || isService(value), isRequired: true },
  },
}
const PLAIN = NAMES('atproto', 'transition:email', 'transition:generic', 'transition:chat.bsky')

/** RFC 6749 §3.3: tokens with one blank between them. */
export function isWellFormedScope(scope: string): boolean {
  return /^[\x21\x23-\x5B\x5D-\x7E]+( [\x21\x23-\x5B\x5D-\x7E]+)*$/.test(scope)
}

/** The tokens of a scope, each once. */
export function splitScope(scope: string): string[] {
  return [...new Set(scope.split(' '))]
}

/** Whether the server knows what a scope token means. It drops the others without a word. */
export function isKnownScope(token: string): boolean {
  const parts = parseScope(token)
  const resource = parts && Object.hasOwn(RESOURCES, parts.resource) ? RESOURCES[parts.resource] : undefined
  if (!parts || !resource) return PLAIN(token)
  const [first] = Object.keys(resource)
  const valuesOf = (name: string) => (name === first ? readValues(parts, name) : parts.params.getAll(name))
  // Every method of every service is what nobody may ask for.
  if (parts.resource === 'rpc' && valuesOf('lxm').includes('*') && valuesOf('aud').includes('*')) return false
  return (
    [...parts.params.keys()].every((name) => Object.hasOwn(resource, name)) &&
    Object.entries(resource).every(([name, parameter]) => isRight(parameter, valuesOf(name)))
  )
}

function isRight({ isValid, isRequired, isList }: Parameter, values: readonly string[]): boolean {
  if (values.length === 0) return !isRequired
  return (isList || values.length === 1) && values.every(isValid)
}
