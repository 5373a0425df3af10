import { expect, test } from 'vitest'
import { refusal, strict } from './validation-methods.ts'
import { LINK } from './validation-scene.ts'

const CREATE = 'com.atproto.repo.createRecord'
const PUT = 'com.atproto.repo.putRecord'
const TOO_LONG = 'expected at most 3 graphemes, found 4'

/** What of a writing is different. */
interface Writing {
  readonly nsid?: string
  readonly collection?: string
  readonly validate?: boolean
}

/** What is said of a record that is written. */
function refusalOf(record: object, { nsid = CREATE, ...rest }: Writing = {}): string | undefined {
  return refusal(() => strict().input(nsid, { collection: 'com.example.note', record, ...rest }))
}

/** A note as a list of writings has it. */
function creating(text: string): object {
  return { $type: 'com.atproto.repo.applyWrites#create', collection: 'com.example.note', value: { text } }
}

/** A note as it is read. */
function readNote(text: string): object {
  return { value: { $type: 'com.example.note', text } }
}

test.each([CREATE, PUT])('[K6] a record that %s writes is checked by its collection', (nsid) => {
  expect(refusalOf({ text: 'abc' }, { nsid })).toBeUndefined()
  expect(refusalOf({ text: 'abcd' }, { nsid })).toBe(`input.record.text: ${TOO_LONG}`)
})

test('[K4] a record that is written may lack its `$type`, which the server adds, but has no other', () => {
  expect(refusalOf({ $type: 'com.example.note', text: 'abc' })).toBeUndefined()
  expect(refusalOf({ $type: 'com.example.other', text: 'abc' })).toBe(
    'input.record.$type: expected com.example.note, found "com.example.other"',
  )
})

test('[K10] a record that is written has no blob of the old form, and one that is read may', () => {
  const old = { text: 'abc', image: { cid: LINK, mimeType: 'image/png' } }
  expect(refusalOf(old)).toContain('input.record.image: expected a blob as `uploadBlob` gives it')
  const read = { value: { $type: 'com.example.note', ...old } }
  expect(refusal(() => strict().output('com.atproto.repo.getRecord', read))).toBeUndefined()
})

test('records are checked where several are written at once', () => {
  const gone = { $type: 'com.atproto.repo.applyWrites#delete', collection: 'com.example.note', rkey: 'a' }
  const check = (text: string) =>
    refusal(() =>
      strict().input('com.atproto.repo.applyWrites', { writes: [gone, creating('abc'), creating(text)] }),
    )
  expect(check('abc')).toBeUndefined()
  expect(check('abcd')).toBe(`input.writes[2].value.text: ${TOO_LONG}`)
})

test('a record is not checked where the server is asked not to, nor where no document has its collection', () => {
  const record = { text: 'abcd' }
  expect(refusalOf(record, { validate: false })).toBeUndefined()
  expect(refusalOf(record, { validate: true })).toContain('input.record.text')
  expect(refusalOf(record, { collection: 'com.example.other' })).toBeUndefined()
  expect(refusalOf(record, { collection: 'a#b#c' })).toBeUndefined()
})

/** What is said of notes that are read: of one, and of the second one of a list. */
function refusalsOfRead(text: string): (string | undefined)[] {
  const list = { records: [readNote(''), readNote(text)] }
  return [
    refusal(() => strict().output('com.atproto.repo.getRecord', readNote(text))),
    refusal(() => strict().output('com.atproto.repo.listRecords', list)),
  ]
}

test('[K6] records that are read are checked by their `$type`', () => {
  expect(refusalsOfRead('abc')).toEqual([undefined, undefined])
  expect(refusalsOfRead('abcd')).toEqual([
    `output.value.text: ${TOO_LONG}`,
    `output.records[1].value.text: ${TOO_LONG}`,
  ])
})
