import { expect, test } from 'vitest'
import { bare, expectedFiles, findStale } from '../../../lexicons/update.ts'

test('the documents and types of com.atproto are those of @atproto/api', async () => {
  const expected = expectedFiles()
  expect(expected.size).toBeGreaterThan(90)
  expect(await findStale(expected)).toStrictEqual([])
})

test('a document that changed, is missing or should not be here is told', async () => {
  const paths = [...expectedFiles()]
  const [[changed], [unexpected], ...rest] = [paths[0] ?? ['', ''], paths[1] ?? ['', ''], ...paths.slice(2)]
  const missing = changed.replace(/\.json$/u, 'New.json')
  const expected = new Map([[changed, '{}\n'], [missing, '{}\n'], ...rest])
  expect(await findStale(expected)).toStrictEqual([changed, missing, unexpected])
})

test('a document loses what is written for people, and no property of that name', () => {
  const properties = {
    description: { type: 'string', description: 'What it is.' },
    ref: { type: 'ref', ref: 'lex:a.b.c' },
  }
  expect(
    bare({ lexicon: 1, description: 'A thing.', defs: { main: { type: 'object', properties } } }),
  ).toStrictEqual({
    lexicon: 1,
    defs: {
      main: {
        type: 'object',
        properties: { description: { type: 'string' }, ref: { type: 'ref', ref: 'a.b.c' } },
      },
    },
  })
})
