import { fileURLToPath } from 'node:url'
import type { LexiconDocument } from '../lexicon/document.ts'
import { isJsonObject } from '../syntax/shape.ts'
import { readDocuments } from './read-documents.ts'

/** The documents whose types are built into the registry: they are published beside the code. */
export async function readBuiltIn(): Promise<readonly LexiconDocument[]> {
  const { files } = await readDocuments(fileURLToPath(new URL('../../lexicons/com/atproto', import.meta.url)))
  return files.map(({ content }) => content).filter(isDocument)
}

/** They are our own, and were checked before they were published. */
function isDocument(content: unknown): content is LexiconDocument {
  return isJsonObject(content)
}
