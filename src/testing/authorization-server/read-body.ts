import { z } from 'zod'
import { invalidRequest, OAuthError } from '../oauth-error.ts'

/** The parameters of a request, none of them checked. */
export type Parameters = Readonly<Record<string, unknown>>

/** Turns what is wrong into a refusal. */
export type Refuse = (description: string) => OAuthError

const READERS: ReadonlyMap<string, (text: string) => Parameters> = new Map([
  ['application/x-www-form-urlencoded', readForm],
  // Not in any RFC; the reference server takes it.
  ['application/json', readJson],
])

/** Reads the parameters of a request as its content type says. */
export async function readBody(request: Request): Promise<Parameters> {
  const type = (request.headers.get('content-type') ?? 'application/octet-stream')
    .split(';')[0]
    ?.trim()
    .toLowerCase()
  const read = READERS.get(type ?? '')
  if (!read) throw new OAuthError(415, 'invalid_request', `Unsupported content-type: ${type}`)
  return read(await request.text())
}

/**
 * The part of the parameters that a schema describes.
 *
 * @throws what `refuse` makes of what is wrong
 */
export function parsePart<T extends z.ZodTypeAny>(
  schema: T,
  parameters: Parameters,
  title: string,
  refuse: Refuse,
): z.output<T> {
  const parsed = schema.safeParse(parameters)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map(({ message, path }) => `${message} at ${['body', ...path].join('.')}`)
  throw refuse(`${title}: ${faults.join('; ')}`)
}

function readForm(text: string): Parameters {
  const form = new URLSearchParams(text)
  // Stricter than the reference server, which takes the last: RFC 6749 §3.1 forbids it, and no two servers would agree.
  for (const name of form.keys()) if (form.getAll(name).length > 1) throw invalidRequest(`${name} is given twice`)
  return Object.fromEntries(form)
}

function readJson(text: string): Parameters {
  try {
    return z.record(z.unknown()).parse(JSON.parse(text))
  } catch {
    throw invalidRequest('Invalid JSON')
  }
}
