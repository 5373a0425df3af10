import type { LexiconDocument } from '../lexicon/document.ts'

/** A number of things, in words. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}

/** What documents define, kind by kind. */
export function countDefinitions(documents: readonly LexiconDocument[]): string {
  const kinds = documents.flatMap(({ defs }) => Object.values(defs)).map(({ type }) => type)
  const of = (...types: readonly string[]) => kinds.filter((kind) => types.includes(kind)).length
  const named = [
    count(of('query'), 'query', 'queries'),
    count(of('procedure'), 'procedure'),
    count(of('record'), 'record'),
  ]
  const others = kinds.length - of('query', 'procedure', 'record', 'subscription', 'permission-set')
  const said = [...named, count(others, 'other definition')].filter((each) => !each.startsWith('0 '))
  return `${said.join(', ') || 'no types'} of ${count(documents.length, 'document')}`
}
