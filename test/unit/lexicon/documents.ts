import type { LexiconDocument } from '../../../src/lexicon/document.ts'

/** A document as a test writes it. */
export function document(id: string, defs: LexiconDocument['defs']): LexiconDocument {
  return { lexicon: 1, id, defs }
}

/** A document of `com.example.thing` whose record has these properties. */
export function recordWith(
  properties: Extract<LexiconDocument['defs'][string], { type: 'object' }>['properties'],
  rest: { readonly required?: readonly string[]; readonly nullable?: readonly string[] } = {},
): LexiconDocument {
  return document('com.example.thing', {
    main: { type: 'record', key: 'tid', record: { type: 'object', properties, ...rest } },
  })
}
