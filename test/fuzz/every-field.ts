const string = (rules: object) => ({ type: 'string', ...rules })

const FORMATS = [
  'datetime',
  'uri',
  'at-uri',
  'did',
  'handle',
  'at-identifier',
  'nsid',
  'cid',
  'language',
  'tid',
  'record-key',
]

/** A record with a field of every kind and rule, since those of real lexicons have not all of them. */
export const EVERY_FIELD = {
  lexicon: 1,
  id: 'com.example.every',
  defs: {
    main: {
      type: 'record',
      key: 'any',
      record: {
        type: 'object',
        required: ['needed', 'integer'],
        nullable: ['nullable', 'needed'],
        properties: {
          needed: string({ minLength: 2, maxLength: 12 }),
          nullable: string({ maxGraphemes: 3 }),
          notNullable: string({ minGraphemes: 2, maxGraphemes: 5 }),
          known: string({ knownValues: ['one', 'two'], default: 'one' }),
          oneOf: string({ enum: ['one', 'two'] }),
          only: string({ const: 'only' }),
          integer: { type: 'integer', minimum: -2, maximum: 9 },
          oneOfIntegers: { type: 'integer', enum: [1, 2, 3] },
          onlyInteger: { type: 'integer', const: 7 },
          any: { type: 'integer' },
          yes: { type: 'boolean', const: true },
          maybe: { type: 'boolean', default: false },
          bytes: { type: 'bytes', minLength: 1, maxLength: 8 },
          link: { type: 'cid-link' },
          image: { type: 'blob', accept: ['image/*', 'video/mp4'], maxSize: 1_000_000 },
          file: { type: 'blob' },
          unknown: { type: 'unknown' },
          list: { type: 'array', items: { type: 'unknown' }, minLength: 1, maxLength: 3 },
          view: { type: 'ref', ref: '#view' },
          open: { type: 'union', refs: ['#view', '#tree'] },
          closed: { type: 'union', refs: ['#view', '#tree'], closed: true },
          ...Object.fromEntries(FORMATS.map((format) => [`${format}-text`, string({ format })])),
        },
      },
    },
    view: {
      type: 'object',
      properties: { name: string({}), cid: string({}), next: { type: 'ref', ref: '#tree' } },
    },
    tree: { type: 'object', properties: { children: { type: 'array', items: { type: 'ref', ref: '#tree' } } } },
  },
}
