import type { ZodIssue } from 'zod'
import type { Schema } from './lexicon-values.ts'
import { invalidRequest } from './xrpc-refusal.ts'

/** The parameters of a query, or a refusal in the reference server's words. */
export function parseParams<T>(nsid: string, query: URLSearchParams, schema: Schema<T>): T {
  const entries = [...new Set(query.keys())].map((name) => [name, oneOrAll(query.getAll(name))] as const)
  const params: unknown = Object.fromEntries(entries)
  const parsed = schema.safeParse(params)
  if (parsed.success) return parsed.data
  throw invalidRequest(`Invalid ${nsid} params: ${explain(parsed.error.issues[0], params).what}`)
}

/** The JSON of a procedure, or a refusal in the reference server's words. */
export function parseInput<T>(input: unknown, schema: Schema<T>): T {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const { what, where } = explain(parsed.error.issues[0], input)
  throw invalidRequest(`${what} at $${where.map(printStep).join('')}`)
}

interface Explanation {
  readonly what: string
  readonly where: ZodIssue['path']
}

function explain(issue: ZodIssue | undefined, root: unknown): Explanation {
  if (!issue) return { what: 'Invalid value', where: [] }
  const { path } = issue
  const found = print(valueAt(root, path))
  switch (issue.code) {
    case 'invalid_type': {
      if (issue.received === 'undefined') {
        return { what: `Missing required key "${String(path.at(-1))}"`, where: path.slice(0, -1) }
      }
      return { what: `Expected ${issue.expected} value type (got ${found})`, where: path }
    }
    case 'too_big':
      return { what: `string too big (maximum ${issue.maximum}, got ${found.length - 2})`, where: path }
    case 'invalid_union_discriminator':
      return explainType(issue.options.map(String), root, path)
    default: {
      const isWhole = issue.code === 'custom' && issue.params?.['isWhole'] === true
      return { what: isWhole ? issue.message : `${issue.message} (got ${found})`, where: path }
    }
  }
}

/** An open union whose `$type` is missing, or none that the method takes. */
function explainType(types: readonly string[], root: unknown, path: ZodIssue['path']): Explanation {
  const type = valueAt(root, path)
  const where = path.slice(0, -1)
  if (type === undefined) {
    const found = print(valueAt(root, where))
    return { what: `Expected an object which includes the "$type" property value type (got ${found})`, where }
  }
  const quoted = types.map((each) => `"${each}"`)
  const list = `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
  return { what: `Expected one of ${list} (got ${print(type)})`, where: path }
}

function oneOrAll(values: readonly string[]): unknown {
  return values.length === 1 ? values[0] : values
}

function valueAt(root: unknown, path: ZodIssue['path']): unknown {
  let value = root
  for (const step of path) value = value instanceof Object ? Reflect.get(value, step) : undefined
  return value
}

function print(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(print).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined'
  return `{${Object.keys(value)
    .map((key) => `"${key}": ...`)
    .join(', ')}}`
}

function printStep(step: string | number): string {
  return typeof step === 'number' ? `[${step}]` : `.${step}`
}
