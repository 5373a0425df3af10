import { execFile } from 'node:child_process'
import { mkdir, readFile, stat, symlink, utimes } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { NOTE, runProgram, workspace } from './scene.ts'

const WRONG = { lexicon: 1, id: 'com.example.wrong', defs: { main: { type: 'ref' } } }
const REF = { lexicon: 1, id: 'com.atproto.repo.strongRef', defs: { main: { type: 'object', properties: {} } } }

test('writes the types of every document below the folder, and counts them', async () => {
  const { types, path } = await workspace({
    'lexicons/com/example/note.json': NOTE,
    'lexicons/deep/er/getNote.json': {
      lexicon: 1,
      id: 'com.example.getNote',
      defs: { main: { type: 'query' }, kind: { type: 'token' }, other: { type: 'token' } },
    },
    'lexicons/README.md': 'not a document',
    'lexicons/.hidden/x.json': 'not read',
    'lexicons/node_modules/x/package.json': '{}',
  })
  expect(await types()).toStrictEqual({
    code: 0,
    out: ['wrote types.ts: 1 query, 1 record, 2 other definitions of 2 documents'],
    errors: [],
  })
  expect(await readFile(path('types.ts'), 'utf8')).toMatch(/'com.example.getNote': \{.*'com.example.note': /s)
})

test('makes the folder of the file', async () => {
  const { path } = await workspace({ 'lexicons/note.json': NOTE })
  const { code } = await runProgram(['types', path('lexicons'), '--out', path('src/made/for/it/types.d.ts')])
  expect(code).toBe(0)
  expect(await readFile(path('src/made/for/it/types.d.ts'), 'utf8')).toContain("'com.example.note'")
})

test('leaves a file alone that is as it should be, whatever its line ends', async () => {
  const { types, path, write } = await workspace({ 'lexicons/note.json': NOTE })
  await types()
  await write('types.ts', (await readFile(path('types.ts'), 'utf8')).replaceAll('\n', '\r\n'))
  await utimes(path('types.ts'), 1000, 1000)
  expect(await types()).toMatchObject({ code: 0, out: ['types.ts is up to date: 1 record of 1 document'] })
  expect((await stat(path('types.ts'))).mtimeMs).toBe(1_000_000)
})

test('writes a file again whose documents have changed', async () => {
  const { types, path, write } = await workspace({ 'lexicons/note.json': NOTE })
  await types()
  await write('lexicons/poke.json', { lexicon: 1, id: 'com.example.poke', defs: { main: { type: 'procedure' } } })
  expect(await types()).toMatchObject({
    code: 0,
    out: ['wrote types.ts: 1 procedure, 1 record of 2 documents'],
  })
  expect(await readFile(path('types.ts'), 'utf8')).toContain("'com.example.poke'")
})

test('--check fails where the file is missing or old, writes nothing, and says what to run', async () => {
  const { types, path, write } = await workspace({ 'lexicons/note.json': NOTE })
  expect(await types(['--check'])).toStrictEqual({
    code: 1,
    out: [],
    errors: [`types.ts is missing: run npx atproof types lexicons --out types.ts`],
  })
  await expect(stat(path('types.ts'))).rejects.toThrow('ENOENT')
  await types()
  expect(await types(['--check'])).toMatchObject({ code: 0, errors: [] })
  const old = await readFile(path('types.ts'), 'utf8')
  await write('lexicons/poke.json', { lexicon: 1, id: 'com.example.poke', defs: { main: { type: 'procedure' } } })
  expect(await types(['--check'])).toMatchObject({
    code: 1,
    errors: [`types.ts is not what the documents give: run npx atproof types lexicons --out types.ts`],
  })
  expect(await readFile(path('types.ts'), 'utf8')).toBe(old)
})

test('--check says what to run as a shell takes it', async () => {
  const { path } = await workspace({ 'my lexicons/note.json': NOTE })
  const folder = path('my lexicons')
  const out = path("it's.ts")
  expect((await runProgram(['types', folder, '--out', out, '--check'])).errors).toStrictEqual([
    `${out} is missing: run npx atproof types "${folder}" --out "${out}"`,
  ])
})

test('says every problem of every file, a line each in the order of the files, then how many', async () => {
  const { types, path } = await workspace({
    'lexicons/b.json': '{ "lexicon": 1,\n  "id": "com.example.b",\n}',
    'lexicons/a.json': WRONG,
    'lexicons/c/d.json': { lexicon: 2, id: 'x', defs: {} },
    'lexicons/z.json': NOTE,
    'lexicons/empty.json': '',
  })
  const { code, out, errors } = await types()
  expect([code, out]).toStrictEqual([1, []])
  expect(errors).toStrictEqual([
    expect.stringMatching(/^lexicons\/a\.json: main\.type: expected one of record, .*, found "ref"$/),
    expect.stringMatching(/^lexicons\/b\.json: expected JSON, found a mistake in line 3, column 1: \S/),
    'lexicons/c/d.json: lexicon: expected 1, found 2',
    'lexicons/c/d.json: id: expected an NSID such as com.example.note, found "x"',
    expect.stringMatching(/^lexicons\/empty\.json: expected JSON, found a mistake: \S/),
    '5 problems in 4 files: nothing was written',
  ])
  await expect(stat(path('types.ts'))).rejects.toThrow('ENOENT')
})

test('says nothing to the terminal of what a broken file holds', async () => {
  const { types } = await workspace({ 'lexicons/note.json': '\u001B[2J\u202e' })
  const { errors } = await types()
  expect(errors).toHaveLength(2)
  expect(errors.join('')).not.toMatch(/\p{C}/u)
})

test('names both files of an NSID, the first by its path first', async () => {
  const { types } = await workspace({ 'lexicons/b.json': NOTE, 'lexicons/a/z.json': NOTE })
  expect(await types()).toMatchObject({
    code: 1,
    errors: [
      'lexicons/b.json: id: expected an NSID of its own, found that of lexicons/a/z.json too: "com.example.note"',
      '1 problem in 1 file: nothing was written',
    ],
  })
})

test('reads a document that begins with a byte order mark', async () => {
  const { types } = await workspace({ 'lexicons/note.json': `\uFEFF${JSON.stringify(NOTE)}` })
  expect(await types()).toMatchObject({ code: 0, errors: [] })
})

test('passes by the documents of com.atproto, says so, and knows what they define', async () => {
  const { types, path } = await workspace({
    'lexicons/strongRef.json': REF,
    'lexicons/broken.json': { id: 'com.atproto.newer.thing' },
    'lexicons/list.json': {
      lexicon: 1,
      id: 'com.example.list',
      defs: { main: { type: 'array', items: { type: 'ref', ref: 'com.atproto.repo.strongRef' } } },
    },
  })
  expect(await types()).toStrictEqual({
    code: 0,
    out: ['wrote types.ts: 1 other definition of 1 document'],
    errors: [
      'note: 1 document of com.atproto passed by: their types are built in',
      'note: "com.atproto.newer.thing" passed by: this version of atproof has no types of it',
    ],
  })
  expect(await readFile(path('types.ts'), 'utf8')).toContain("Definitions['com.atproto.repo.strongRef'][]")
})

test('reads a link to a file, and passes by a link to a folder, which could lead in a circle', async () => {
  const { types, path } = await workspace({ 'elsewhere/note.json': NOTE, 'lexicons/.keep': '' })
  await symlink(path('elsewhere/note.json'), path('lexicons/note.json'))
  await symlink(path('lexicons'), path('lexicons/circle'))
  expect(await types()).toStrictEqual({
    code: 0,
    out: ['wrote types.ts: 1 record of 1 document'],
    errors: ['note: lexicons/circle is a link to a folder, and was passed by'],
  })
})

test('waits for no pipe that is called like a document', async () => {
  const { types, path } = await workspace({ 'lexicons/note.json': NOTE })
  await promisify(execFile)('mkfifo', [path('lexicons/pipe.json')])
  await symlink(path('lexicons/pipe.json'), path('lexicons/link.json'))
  expect(await types()).toMatchObject({ code: 0, errors: [] })
})

test('a link that leads nowhere is a problem like another', async () => {
  const { types, path } = await workspace({ 'lexicons/note.json': NOTE })
  await symlink('nowhere.json', path('lexicons/gone.json'))
  expect(await types()).toMatchObject({
    code: 1,
    errors: [
      'lexicons/gone.json: expected a file that can be read, found one that cannot: it does not exist',
      '1 problem in 1 file: nothing was written',
    ],
  })
})

test.each<[string, Readonly<Record<string, unknown>>, string]>([
  ['is missing', {}, 'error: the folder lexicons cannot be read: it does not exist'],
  ['is a file', { lexicons: 'x' }, 'error: the folder lexicons cannot be read: it is a file, or lies below one'],
  [
    'holds no documents',
    { 'lexicons/README.md': 'x' },
    'error: lexicons: expected lexicon documents in .json files, found none',
  ],
])('says of a folder that it %s', async (_, files, problem) => {
  const { types } = await workspace(files)
  expect(await types()).toStrictEqual({ code: 1, out: [], errors: [problem] })
})

test('says of a folder of com.atproto alone that there is nothing to write', async () => {
  const { types } = await workspace({ 'lexicons/strongRef.json': REF })
  expect(await types()).toMatchObject({
    code: 1,
    errors: [
      'note: 1 document of com.atproto passed by: their types are built in',
      'error: lexicons: expected lexicon documents in .json files, found documents of com.atproto alone, which are passed by',
    ],
  })
})

test.each<[string, string, string]>([
  ['is a folder', 'lexicons/folder.ts', 'it is a folder'],
  ['lies below a file', 'lexicons/note.json/types.ts', 'it is a file, or lies below one'],
])('says of an --out that it %s', async (_, out, reason) => {
  const { path } = await workspace({ 'lexicons/note.json': NOTE })
  await mkdir(path('lexicons/folder.ts'))
  const { code, errors } = await runProgram(['types', path('lexicons'), '--out', path(out)])
  expect(code).toBe(1)
  expect(errors).toStrictEqual([`error: ${path(out)} cannot be written: ${reason}`])
})

test('never writes over a file that it did not write', async () => {
  const { types, path } = await workspace({
    'lexicons/note.json': NOTE,
    'types.ts': 'export const precious = 1\n',
  })
  expect(await types()).toStrictEqual({
    code: 1,
    out: [],
    errors: ['error: types.ts was not written by atproof types: delete it, or name another file'],
  })
  expect(await readFile(path('types.ts'), 'utf8')).toBe('export const precious = 1\n')
})

test('writes nothing but TypeScript', async () => {
  const { path } = await workspace({ 'lexicons/note.json': NOTE })
  const { code, errors } = await runProgram(['types', path('lexicons'), '--out', 'types.js'])
  expect([code, errors]).toStrictEqual([1, ['error: --out: expected a .ts file, found types.js']])
})
