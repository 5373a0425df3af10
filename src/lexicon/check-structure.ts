import { lexiconDoc } from '@atproto/lexicon'
import { isNsid } from '../syntax/nsid.ts'
import { isJsonObject } from '../syntax/shape.ts'
import type { ZodIssue } from 'zod'
import { type Path, valueAt } from './problem.ts'

/** What is wrong at a place of a document. */
export interface Flaw {
  /** From the top of the document. */
  readonly path: Path
  readonly expected: string
  /** What stands there instead, in words, where the value itself does not say it. */
  readonly found?: string
}

/** What the main definition alone may be. */
export const PRIMARY_TYPES: ReadonlySet<unknown> = new Set([
  'record',
  'query',
  'procedure',
  'subscription',
  'permission-set',
])

const TYPES: ReadonlySet<unknown> = new Set([
  ...PRIMARY_TYPES,
  'object',
  'array',
  'string',
  'token',
  'boolean',
  'integer',
  'bytes',
  'cid-link',
  'blob',
  'unknown',
])

/** What is wrong with the structure of a document: a field that is missing, or of another type than it has to be. */
export function checkStructure(content: unknown): readonly Flaw[] {
  const checked = lexiconDoc.safeParse(content)
  return checked.success ? [] : checked.error.issues.flatMap((issue) => readIssue(issue, [], content))
}

/** @param base where the paths of this issue begin */
function readIssue(issue: ZodIssue, base: Path, content: unknown): readonly Flaw[] {
  const path = [...base, ...issue.path]
  switch (issue.code) {
    case 'invalid_type':
      return [{ path, expected: TYPE_WORDS[issue.expected] ?? issue.expected }]
    case 'invalid_literal':
      return [{ path, expected: JSON.stringify(issue.expected) }]
    case 'invalid_enum_value':
    case 'invalid_union_discriminator':
      return [
        {
          path,
          expected: oneOf(path[2] === 'parameters' ? issue.options.filter(isParameterType) : issue.options),
        },
      ]
    case 'invalid_union':
      return readUnion(
        issue.unionErrors.map(({ issues }) => issues),
        path,
        content,
      )
    case 'too_small':
      return [{ path, expected: 'a text that is not empty' }]
    case 'custom':
      return readCustom(path, issue.message, content)
    default:
      return [{ path, expected: issue.message }]
  }
}

const TYPE_WORDS: Readonly<Partial<Record<string, string>>> = {
  object: 'an object',
  array: 'an array',
  string: 'a text',
  number: 'a number',
  integer: 'an integer',
  boolean: 'true or false',
}

/** The schemas take unknown values for parameters too, which no URL can say. */
export function isParameterType(type: unknown): boolean {
  return type !== 'unknown'
}

/** The issues of the branch that the value's `type` names; where it names none, what may stand there. */
function readUnion(branches: readonly (readonly ZodIssue[])[], path: Path, content: unknown): readonly Flaw[] {
  // Inside a union the paths begin at the definition that it is in.
  const base = path.slice(0, DEFINITION_DEPTH)
  const all = branches.map((issues) => issues.flatMap((issue) => readIssue(issue, base, content)))
  const place = isJsonObject(valueAt(content, path)) ? [...path, 'type'] : path
  const named = all.find((flaws) => !flaws.some((flaw) => isAt(flaw.path, place)))
  if (named) return named
  const wishes = all.flatMap((flaws) => flaws.filter((flaw) => isAt(flaw.path, place)))
  return [{ path: place, expected: [...new Set(wishes.map(({ expected }) => expected))].join(' or ') }]
}

/** What the schemas found by a rule of their own. */
function readCustom(path: Path, message: string, content: unknown): readonly Flaw[] {
  const value = valueAt(content, path)
  if (isAt(path, ['id'])) return typeof value === 'string' && isNsid(value) ? [] : [{ path, expected: AN_NSID }]
  // `checkRules` says which definition has to be the main one, and what is required without being there.
  if (path.length === 0) return []
  if (isJsonObject(value) && Array.isArray(value['required']) && isJsonObject(value['properties'])) return []
  if (path.length > DEFINITION_DEPTH) return [{ path, expected: CUSTOM_WORDS[message] ?? message }]
  if (!isJsonObject(value)) return [{ path, expected: 'an object' }]
  if (TYPES.has(value['type'])) return [{ path, expected: CUSTOM_WORDS[message] ?? message }]
  return [{ path: [...path, 'type'], expected: oneOf([...TYPES]) }]
}

const CUSTOM_WORDS: Readonly<Partial<Record<string, string>>> = {
  'Invalid BCP47 language tag': 'a language tag such as en',
  'Required fields defined but no properties defined': 'properties',
}
const AN_NSID = 'an NSID such as com.example.note'
/** A path begins with `defs` and a name. */
const DEFINITION_DEPTH = 2

function isAt(path: Path, place: Path): boolean {
  return path.length === place.length && path.every((step, at) => step === place[at])
}

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? JSON.stringify(values[0]) : `one of ${values.join(', ')}`
}
