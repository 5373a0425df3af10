import { type LexiconDocument, nameOf } from './document.ts'

/** A name for the type of each definition: that of the document, and of the definition where it is not `main`. */
export function nameTypes(documents: readonly LexiconDocument[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  const taken = new Set<string>()
  for (const { id, defs } of documents) {
    for (const definition of Object.keys(defs)) {
      const words = [...id.split('.'), ...(definition === 'main' ? [] : [definition])]
      const base = words.map(capitalise).join('')
      let name = base
      // Two names that differ by dots alone.
      for (let count = 2; taken.has(name); count++) name = `${base}_${count}`
      taken.add(name)
      names.set(nameOf(id, definition), name)
    }
  }
  return names
}

function capitalise(word: string): string {
  return `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`.replaceAll(/[^A-Za-z0-9]/gu, '_')
}
