import { describe, expect, test } from 'vitest'
import {
  type ScopeOptions,
  tellScopes,
  type ToldScopes,
  uniteScopes,
} from '../../../../src/flow/client/client-scope.ts'

const GRANULAR = 'atproto repo:* blob:*/*'
const TRANSITION = 'atproto transition:generic transition:email'
const MIXED = 'transition:generic repo:* atproto x:y blob:*/* transition:email'
const granularOfMixed = 'repo:* atproto x:y blob:*/*'
const transitionOfMixed = 'transition:generic atproto transition:email'

describe('without a document', () => {
  test.each<[ScopeOptions, ToldScopes]>([
    [{}, { scope: 'atproto', fallbackScope: undefined }],
    [{ scope: GRANULAR }, { scope: GRANULAR, fallbackScope: undefined }],
    [{ scope: GRANULAR.split(' ') }, { scope: GRANULAR, fallbackScope: undefined }],
    [{ fallbackScope: 'atproto x:y' }, { scope: 'atproto', fallbackScope: 'atproto x:y' }],
    [
      { scope: GRANULAR, fallbackScope: TRANSITION },
      { scope: GRANULAR, fallbackScope: TRANSITION },
    ],
  ])('[C3] %j are all that is asked for', (options, told) => {
    expect(tellScopes(options)).toEqual(told)
  })

  test.each<[ScopeOptions, string]>([
    [{ scope: MIXED }, `scope: expected either transition scopes or those of single resources, found "${MIXED}"`],
    [{ fallbackScope: MIXED }, 'fallbackScope: expected either transition scopes or those of single resources'],
    [{ scope: '' }, 'scope: expected a list with `atproto` in it, found ""'],
    [{ scope: 'atproto x:y x:y' }, 'scope: expected each scope once, found "x:y"'],
    [{ fallbackScope: [] }, 'fallbackScope: expected a list with `atproto` in it'],
  ])('[C3] [C12] refuses %j', (options, message) => {
    expect(() => tellScopes(options)).toThrow(TypeError)
    expect(() => tellScopes(options)).toThrow(message)
  })
})

describe('a document', () => {
  test.each([GRANULAR, TRANSITION, 'atproto', 'atproto x:y transition:generic'])(
    '[C3] of one family is asked for as it is: %s',
    (declared) => {
      expect(tellScopes({}, declared)).toEqual({ scope: declared, fallbackScope: undefined })
      expect(tellScopes({ scope: 'atproto' }, declared)).toEqual({ scope: 'atproto', fallbackScope: undefined })
    },
  )

  test.each<[ScopeOptions, ToldScopes]>([
    [{}, { scope: granularOfMixed, fallbackScope: transitionOfMixed }],
    [{ scope: 'atproto repo:*' }, { scope: 'atproto repo:*', fallbackScope: undefined }],
    [{ scope: TRANSITION }, { scope: TRANSITION, fallbackScope: undefined }],
    [{ fallbackScope: TRANSITION }, { scope: granularOfMixed, fallbackScope: TRANSITION }],
    [{ fallbackScope: 'atproto blob:*/*' }, { scope: transitionOfMixed, fallbackScope: 'atproto blob:*/*' }],
    [{ fallbackScope: 'atproto' }, { scope: granularOfMixed, fallbackScope: 'atproto' }],
    [
      { scope: 'atproto repo:*', fallbackScope: 'atproto blob:*/*' },
      { scope: 'atproto repo:*', fallbackScope: 'atproto blob:*/*' },
    ],
  ])('[L5] of both families is a scope and its fallback, beside %j', (options, told) => {
    expect(tellScopes(options, MIXED)).toEqual(told)
  })

  test('[L5] of both families gives whoever asks for `atproto` alone no more than that', () => {
    expect(tellScopes({ scope: 'atproto' }, MIXED)).toEqual({ scope: 'atproto', fallbackScope: undefined })
  })
})

test('[C3] declares all that may be asked for, each once', () => {
  expect(uniteScopes({ scope: GRANULAR, fallbackScope: TRANSITION })).toBe(
    'atproto repo:* blob:*/* transition:generic transition:email',
  )
  expect(uniteScopes({ scope: GRANULAR, fallbackScope: undefined })).toBe(GRANULAR)
})
