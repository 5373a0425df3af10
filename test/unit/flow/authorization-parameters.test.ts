import { describe, expect, test } from 'vitest'
import type { AuthorizationServer } from '../../../src/discovery/server-schema.ts'
import { type PageOptions, pageParameters } from '../../../src/flow/authorization-parameters.ts'

/** A server that says this of its pages. */
function server(
  says: Partial<Pick<AuthorizationServer, 'promptValues' | 'displayValues'>> = {},
): AuthorizationServer {
  return {
    issuer: 'https://as.example.com',
    tokenEndpoint: 'https://as.example.com/token',
    revocationEndpoint: undefined,
    authorizationEndpoint: 'https://as.example.com/authorize',
    parEndpoint: 'https://as.example.com/par',
    clientAlgorithms: ['ES256'],
    scopes: ['atproto'],
    promptValues: undefined,
    displayValues: undefined,
    uiLocales: undefined,
    ...says,
  }
}

const PUBLIC = { isConfidential: false }
const CONFIDENTIAL = { isConfidential: true }
const PROMPTS = ['none', 'login', 'consent']

test('[D1] asks for nothing where nothing is wished for', () => {
  expect(pageParameters(server({ promptValues: PROMPTS }), {}, PUBLIC)).toEqual({
    prompt: undefined,
    ui_locales: undefined,
    display: undefined,
    response_mode: undefined,
  })
})

test('[D1] has the names that OpenID Connect gave them', () => {
  const wish = { prompt: 'login', locale: ['de', 'en'], display: 'popup', responseMode: 'fragment' } as const
  expect(pageParameters(server({ promptValues: PROMPTS }), wish, PUBLIC)).toEqual({
    prompt: 'login',
    ui_locales: 'de en',
    display: 'popup',
    response_mode: 'fragment',
  })
})

describe('[D7] a prompt', () => {
  test.each<[PageOptions['prompt'], readonly string[] | undefined, typeof PUBLIC, string]>([
    ['login', PROMPTS, PUBLIC, 'login'],
    [['consent', 'login'], PROMPTS, PUBLIC, 'consent'],
    [['create', 'login'], PROMPTS, PUBLIC, 'login'],
    ['none', PROMPTS, CONFIDENTIAL, 'none'],
    [['none', 'login'], PROMPTS, CONFIDENTIAL, 'none'],
    [['none', 'login'], PROMPTS, PUBLIC, 'login'],
    ['of_tomorrow', ['of_tomorrow'], PUBLIC, 'of_tomorrow'],
  ])('%j of %j is asked for', (prompt, promptValues, client, sent) => {
    expect(pageParameters(server({ promptValues }), { prompt }, client).prompt).toBe(sent)
  })

  test.each<[PageOptions['prompt'], readonly string[] | undefined, string]>([
    ['create', PROMPTS, 'one of login, consent'],
    ['none', PROMPTS, 'one of login, consent'],
    ['none', ['none'], 'none: the server does not say that it knows any'],
    ['login', undefined, 'none: the server does not say that it knows any'],
    ['login', [], 'none: the server does not say that it knows any'],
    [['create', 'none'], PROMPTS, 'one of login, consent'],
    ['', PROMPTS, 'one of login, consent'],
    ['login consent', PROMPTS, 'one of login, consent'],
    ['LOGIN', PROMPTS, 'one of login, consent'],
  ])('%j of %j is refused', (prompt, promptValues, expected) => {
    expect(() => pageParameters(server({ promptValues }), { prompt }, PUBLIC)).toThrow(
      expect.objectContaining({
        name: 'AuthorizationError',
        code: 'prompt_unsupported',
        field: 'prompt',
        expected,
      }),
    )
  })
})

describe('[D1] a display', () => {
  test.each([
    ['popup', ['page', 'popup'], 'popup'],
    ['popup', ['page'], undefined],
    ['popup', [], undefined],
    ['popup', undefined, 'popup'],
  ] as const)('%s is sent to a server that knows %j as %s', (display, displayValues, sent) => {
    expect(pageParameters(server({ displayValues }), { display }, PUBLIC).display).toBe(sent)
  })
})

describe('[D1] languages', () => {
  test.each<[PageOptions['locale'], string | undefined]>([
    ['de', 'de'],
    [['zh-Hant-TW', 'sr-Latn'], 'zh-Hant-TW sr-Latn'],
    [[], undefined],
    ['', undefined],
  ])('%j are sent as %j', (locale, sent) => {
    expect(pageParameters(server(), { locale }, PUBLIC).ui_locales).toBe(sent)
  })
})
