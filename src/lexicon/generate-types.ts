import { collectTypes, REGISTRIES } from './collect-types.ts'
import type { LexiconDocument } from './document.ts'
import { indent } from './literal.ts'

const HEADER = '// Written by `atproof types`: what is changed here is lost the next time.'

/** Options of `generateTypes`. */
export interface GenerateTypesOptions {
  /** Documents whose types are in the registry already, to which the others may refer. @default none */
  readonly known?: readonly LexiconDocument[] | undefined
}

/**
 * Writes the TypeScript that adds lexicon documents to `atproof/registry`. The same documents give the same text, in
 * whatever order they come.
 */
export function generateTypes(documents: readonly LexiconDocument[], options: GenerateTypesOptions = {}): string {
  const { entries, aliases, imports } = collectTypes(documents, options.known ?? [])
  const registries = REGISTRIES.filter((name) => entries[name].length > 0).map(
    (name) => `interface ${name} {\n${indent(entries[name].join('\n'))}\n}`,
  )
  return layOut([
    HEADER,
    `import type {${imports.length > 0 ? ` ${imports.join(', ')} ` : ''}} from 'atproof/registry'`,
    `declare module 'atproof/registry' {\n${indent(registries.join('\n\n'))}\n}`,
    ...aliases,
  ])
}

/** Whether a text is one that `generateTypes` wrote, in this version or an older one. */
export function isGenerated(text: string): boolean {
  return text.startsWith(HEADER)
}

/** Where the registry itself takes its own types from. */
export interface BuiltInLayout {
  /** What the names of the interfaces begin with. */
  readonly prefix: string
  /** The module of each type that is imported. */
  readonly modules: Readonly<Record<string, string>>
}

/** Writes the types that are built into the registry: interfaces that it extends. */
export function generateBuiltIn(
  documents: readonly LexiconDocument[],
  { prefix, modules }: BuiltInLayout,
): string {
  const { entries, aliases, imports } = collectTypes(documents, [])
  const lines = Object.entries(Object.groupBy(imports, (name) => modules[name] ?? name)).map(
    ([module, names = []]) => `import type { ${names.join(', ')} } from '${module}'`,
  )
  const registries = REGISTRIES.map(
    (name) => `export interface ${prefix}${name} {\n${indent(entries[name].join('\n'))}\n}`,
  )
  return layOut([lines.join('\n'), ...registries, ...aliases])
}

function layOut(parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`
}
