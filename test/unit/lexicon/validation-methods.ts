import { type LexiconValidator, validator, type ValidatorOptions } from 'atproof/lexicon'
import { InvalidOutput } from '../../../src/xrpc/validator.ts'

const FIND = {
  lexicon: 1,
  id: 'com.example.find',
  defs: {
    main: {
      type: 'query',
      parameters: {
        type: 'params',
        required: ['text'],
        properties: {
          text: { type: 'string', maxLength: 20 },
          limit: { type: 'integer', minimum: 1, maximum: 100, default: 50 },
          reverse: { type: 'boolean', default: false },
          tags: { type: 'array', items: { type: 'string' }, maxLength: 2 },
          cursor: { type: 'string' },
        },
      },
      output: {
        encoding: 'application/json',
        schema: {
          type: 'object',
          required: ['found'],
          properties: {
            found: { type: 'array', items: { type: 'unknown' } },
            limit: { type: 'integer', default: 9 },
          },
        },
      },
    },
  },
}
const PROCEDURE = {
  lexicon: 1,
  id: 'com.example.do',
  defs: {
    main: {
      type: 'procedure',
      input: {
        encoding: 'application/json',
        schema: {
          type: 'object',
          required: ['password'],
          properties: {
            password: { type: 'string', maxLength: 8 },
            count: { type: 'integer', default: 1 },
            image: { type: 'blob' },
          },
        },
      },
    },
  },
}
const UPLOAD = {
  lexicon: 1,
  id: 'com.example.upload',
  defs: { main: { type: 'procedure', input: { encoding: 'video/*' }, output: { encoding: 'application/jsonl' } } },
}
const NOTE = {
  lexicon: 1,
  id: 'com.example.note',
  defs: {
    main: {
      type: 'record',
      key: 'tid',
      record: {
        type: 'object',
        required: ['text'],
        properties: { text: { type: 'string', maxGraphemes: 3 }, image: { type: 'blob' } },
      },
    },
  },
}
/** A query, two procedures and a record. */
export const ALL: readonly unknown[] = [FIND, PROCEDURE, UPLOAD, NOTE]
/** What checks them, outputs too. */
export function strict(options: ValidatorOptions = {}): LexiconValidator {
  return validator(ALL, { output: 'strict', ...options })
}

/** What a check throws, in a line; undefined where it throws nothing. */
export function refusal(check: () => unknown): string | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    if (error instanceof InvalidOutput)
      return `${error.field}: expected ${error.expected}, found ${String(error.found)}`
    if (error instanceof TypeError) return error.message
    throw error
  }
}
