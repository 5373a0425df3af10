/**
 * A lexicon document: what a JSON file of a lexicon holds.
 *
 * @see https://atproto.com/specs/lexicon
 */
export interface LexiconDocument {
  readonly lexicon: 1
  /** The NSID. */
  readonly id: string
  readonly description?: string | undefined
  /** By their names: `main` is what the NSID itself means. */
  readonly defs: Readonly<Record<string, Definition>>
}

/** What a document defines under a name. */
export type Definition =
  | RecordDefinition
  | MethodDefinition
  | Field
  | (Described & { readonly type: 'token' })
  /** Of these no types are made. */
  | (Described & { readonly type: 'subscription' | 'permission-set' })

interface Described {
  readonly description?: string | undefined
}

/** A record, as it stands in a repository. */
export interface RecordDefinition extends Described {
  readonly type: 'record'
  readonly key?: string | undefined
  readonly record: ObjectField
}

/** A query or a procedure. */
export interface MethodDefinition extends Described {
  readonly type: 'query' | 'procedure'
  readonly parameters?: Fields | undefined
  readonly input?: Body | undefined
  readonly output?: Body | undefined
  readonly errors?: readonly { readonly name: string }[] | undefined
}

/** What a method takes or gives. */
export interface Body {
  /** A media type. */
  readonly encoding: string
  readonly schema?: Field | undefined
}

/** What an object or the parameters of a method have. */
export interface Fields {
  readonly required?: readonly string[] | undefined
  readonly nullable?: readonly string[] | undefined
  readonly properties?: Readonly<Record<string, Field>> | undefined
}

export interface ObjectField extends Fields {
  readonly type: 'object'
}

/** What a value can be. */
export type Field = Described &
  (
    | ObjectField
    | { readonly type: 'array'; readonly items: Field }
    | { readonly type: 'ref'; readonly ref: string }
    | UnionField
    | StringField
    | IntegerField
    | { readonly type: 'boolean'; readonly const?: boolean | undefined; readonly default?: boolean | undefined }
    | { readonly type: 'bytes' | 'cid-link' | 'blob' | 'unknown' }
  )

export interface UnionField {
  readonly type: 'union'
  readonly refs: readonly string[]
  /** Whether nothing else may stand there. */
  readonly closed?: boolean | undefined
}

export interface StringField {
  readonly type: 'string'
  readonly format?: string | undefined
  readonly const?: string | undefined
  readonly default?: string | undefined
  readonly enum?: readonly string[] | undefined
  readonly knownValues?: readonly string[] | undefined
}

export interface IntegerField {
  readonly type: 'integer'
  readonly minimum?: number | undefined
  readonly maximum?: number | undefined
  readonly const?: number | undefined
  readonly default?: number | undefined
  readonly enum?: readonly number[] | undefined
}

/** A reference in full: the NSID, and the name of the definition where it is not `main`. Compiled documents say `lex:` too. */
export function resolveReference(nsid: string, reference: string): string {
  const bare = reference.startsWith('lex:') ? reference.slice('lex:'.length) : reference
  const full = reference.startsWith('#') ? `${nsid}${reference}` : bare
  return full.endsWith('#main') ? full.slice(0, -'#main'.length) : full
}

/** What a definition is called from anywhere. */
export function nameOf(nsid: string, definition: string): string {
  return definition === 'main' ? nsid : `${nsid}#${definition}`
}
