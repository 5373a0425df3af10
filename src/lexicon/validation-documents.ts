import {
  type LexiconDoc,
  Lexicons,
  type LexRecord,
  type LexUserType,
  type LexXrpcProcedure,
  type LexXrpcQuery,
} from '@atproto/lexicon'
import { wrongArgument } from '../errors/wrong-argument.ts'
import { checkDocuments } from './check-documents.ts'
import { describeProblem } from './problem.ts'

/** The documents that values are judged by. */
export class KnownLexicons extends Lexicons {
  /** Where a value refers to a record, the object that the record is stands for it: @atproto/lexicon refuses those. */
  override getDefOrThrow<T extends LexUserType['type'] = LexUserType['type']>(
    uri: string,
    types?: readonly T[],
  ): Extract<LexUserType, { type: T }> {
    const definition: LexUserType = super.getDefOrThrow(uri, types)
    const isReference = types === undefined
    // An object is of the types that a reference, which names none, can lead to.
    const found = definition.type === 'record' && isReference ? definition.record : definition
    return found as Extract<LexUserType, { type: T }>
  }

  /** The query or procedure of this name. */
  findMethod(nsid: string): LexXrpcQuery | LexXrpcProcedure | undefined {
    const definition = this.getDef(nsid)
    return definition?.type === 'query' || definition?.type === 'procedure' ? definition : undefined
  }

  /** The record of this collection. */
  findRecord(collection: string): LexRecord | undefined {
    // A caller's collection can be any text, in which more than one # would throw.
    const definition = collection.includes('#') ? undefined : this.getDef(collection)
    return definition?.type === 'record' ? definition : undefined
  }
}

const MOST_TOLD = 10

/**
 * Reads documents, without changing them.
 *
 * @throws TypeError that names document, definition and field of what is wrong with them
 */
export function readLexicons(documents: Iterable<unknown>): KnownLexicons {
  const contents = Array.from(documents, copyDocument)
  const files = contents.map((content, index) => ({ file: nameDocument(content, index), content }))
  const { problems } = checkDocuments(files)
  if (problems.length > 0) {
    const told = problems.slice(0, MOST_TOLD).map(describeProblem)
    const rest = problems.length - told.length
    throw new TypeError([...told, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n'))
  }
  return new KnownLexicons(contents as LexiconDoc[])
}

/** A document of our own: @atproto/lexicon writes into those that it is given. */
function copyDocument(document: unknown, index: number): unknown {
  try {
    return structuredClone(document)
  } catch {
    // It holds a function, or is the module of the file: `import()` gives the document as its `default`.
    throw wrongArgument(`documents[${index}]`, 'the JSON of a file, which a module has as its `default`', document)
  }
}

function nameDocument(content: unknown, index: number): string {
  const id = typeof content === 'object' && content !== null && 'id' in content ? content.id : undefined
  return typeof id === 'string' && id !== '' ? id : `documents[${index}]`
}
