import type { LexXrpcParameters } from '@atproto/lexicon'
import { readDataModel } from './data-model.ts'
import { valueAt } from './problem.ts'
import type { KnownLexicons } from './validation-documents.ts'
import { translate, withoutInherited } from './validation.ts'

/** The parameters of a call. */
export type Params = Readonly<Record<string, unknown>>

/** Adds what the lexicon says where a parameter is left out; the same object where that is nothing. */
export function withDefaults(
  params: Params | undefined,
  parameters: LexXrpcParameters | undefined,
): Params | undefined {
  const missing = Object.entries(parameters?.properties ?? {}).flatMap(([name, schema]) =>
    'default' in schema && schema.default !== undefined && valueAt(params, [name]) === undefined
      ? [[name, schema.default] as const]
      : [],
  )
  return missing.length === 0 ? params : { ...params, ...Object.fromEntries(missing) }
}

/**
 * Judges parameters by the lexicon of their method.
 *
 * @throws InvalidValue
 */
export function judgeParams(lexicons: KnownLexicons, nsid: string, params: Params | undefined): void {
  // A parameter is a scalar or an array of scalars.
  const json = readDataModel(withoutUndefined(params ?? {}), 'params', 2)
  translate(
    () => lexicons.assertValidXrpcParams(nsid, withoutInherited(json)),
    json,
    'params',
    (message) =>
      // The message of a parameter begins with its name alone.
      message.startsWith('Params ') ? message : `Params/${message}`,
  )
}

/** What is sent: items that are undefined are left out there, too. */
function withoutUndefined(params: Params): Params {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.filter((item) => item !== undefined) : value,
    ]),
  )
}
