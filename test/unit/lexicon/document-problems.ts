import { checkDocuments } from '../../../src/lexicon/check-documents.ts'
import { describeProblem } from '../../../src/lexicon/problem.ts'
import { document } from './documents.ts'

/** What stands for the documents that are built in. */
const known = [
  document('com.atproto.repo.strongRef', { main: { type: 'object' } }),
  document('com.atproto.repo.getRecord', { main: { type: 'query' } }),
]

/** The problems of documents, a line each; a file is named by its position. */
export function problemsOf(...contents: readonly unknown[]): readonly string[] {
  const files = contents.map((content, at) => ({ file: `${at}.json`, content }))
  return checkDocuments(files, { known }).problems.map(describeProblem)
}

/** A document that is sound but for what it defines. */
export function defining(defs: Record<string, unknown>): unknown {
  return { lexicon: 1, id: 'com.example.thing', defs }
}

export function withField(field: unknown): unknown {
  return defining({ it: { type: 'object', properties: { field } } })
}

export function withParameter(field: unknown): unknown {
  return defining({ main: { type: 'query', parameters: { type: 'params', properties: { field } } } })
}

export function withRecordKey(key: unknown): unknown {
  return defining({ main: { type: 'record', key, record: { type: 'object', properties: {} } } })
}
