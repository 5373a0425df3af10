import { expect, test } from 'vitest'
import { parseCallback } from '../../../src/flow/callback-parameters.ts'

const QUERY = 'state=s&iss=https%3A%2F%2Fas.example.com&code=c'
const PAGE = 'https://app.example.com/callback'
const parsed = {
  state: 's',
  issuer: 'https://as.example.com',
  code: 'c',
  error: undefined,
  errorDescription: undefined,
}

test.each([
  ['a URL as text', `${PAGE}?${QUERY}`],
  ['a URL', new URL(`${PAGE}?${QUERY}`)],
  ['a URL whose response is in the fragment', `${PAGE}#${QUERY}`],
  ['a URL with both, whose page has a query of its own', `${PAGE}?page=1#${QUERY}`],
  ['a loopback URL', `http://127.0.0.1:8080/?${QUERY}`],
  ['a URL of an app', `com.example.app:/callback?${QUERY}`],
  ['a query', QUERY],
  ['a query with its question mark', `?${QUERY}`],
  ['a path with its query', `/callback?${QUERY}`],
  ['a path with a query of its own and its fragment', `/callback?page=1#${QUERY}`],
  ['parameters', new URLSearchParams(QUERY)],
])('[E1] [E2] [E3] reads %s', (_, input) => {
  expect(parseCallback(input)).toEqual(parsed)
})

test.each([
  ['a path with its fragment', `/callback?${QUERY}#top`],
  ['a path whose response is in the fragment', `/callback?page=1#${QUERY}`],
  ['a query with a fragment', `?${QUERY}#_=_`],
])('[E3] reads %s, and no fragment into the code', (_, input) => {
  expect(parseCallback(input)).toEqual(parsed)
})

test.each([`${PAGE}??${QUERY}`, `/callback??${QUERY}`, `??${QUERY}`, `${PAGE}#?${QUERY}`, `#?${QUERY}`])(
  '[E1] reads %s as any URL parser does: its first parameter is no state',
  (input) => {
    expect(() => parseCallback(input)).toThrow(expect.objectContaining({ code: 'state_missing' }))
  },
)

test('[E1] reads a fragment as location.hash gives it', () => {
  expect(parseCallback(`#${QUERY}`)).toEqual(parsed)
})

test('[E3] reads an error', () => {
  expect(parseCallback(`${PAGE}?state=s&iss=i&error=access_denied&error_description=no+thanks`)).toEqual({
    state: 's',
    issuer: 'i',
    code: undefined,
    error: 'access_denied',
    errorDescription: 'no thanks',
  })
})

test('[E2] leaves an issuer that is missing to whoever asks for it', () => {
  expect(parseCallback('state=s&code=c').issuer).toBeUndefined()
})

test.each(['', 'code=c&iss=i', 'state=&code=c', PAGE, `${PAGE}?code=c`, 'State=s&code=c'])(
  '[E1] refuses %j, which has no state',
  (input) => {
    expect(() => parseCallback(input)).toThrow(
      expect.objectContaining({ name: 'AuthorizationError', code: 'state_missing' }),
    )
  },
)

test.each(['state', 'iss', 'code', 'error', 'error_description', 'response'])('[E4] refuses two of %s', (name) => {
  expect(() => parseCallback(`${QUERY}&${name}=x&${name}=x`)).toThrow(
    expect.objectContaining({ name: 'AuthorizationError', code: 'parameter_repeated', field: name }),
  )
})

test('[E4] ignores what it does not know, also where that comes twice', () => {
  expect(parseCallback(`${QUERY}&utm=1&utm=2&session_state=x`)).toEqual(parsed)
})

test('[E4] refuses a response that is a JWT', () => {
  expect(() => parseCallback('state=s&response=eyJ.eyJ.x')).toThrow(
    expect.objectContaining({ name: 'AuthorizationError', code: 'callback_malformed', field: 'response' }),
  )
})

test('[E4] refuses a JWT also where nothing stands beside it', () => {
  expect(() => parseCallback(`${PAGE}?response=eyJ.eyJ.x`)).toThrow(
    expect.objectContaining({ name: 'AuthorizationError' }),
  )
})

test('refuses what is too long', () => {
  const long = 'x'.repeat(16 * 1024)
  expect(() => parseCallback(`state=s&code=${long}`)).toThrow(
    expect.objectContaining({ name: 'AuthorizationError', code: 'callback_malformed' }),
  )
  expect(parseCallback(`state=s&code=${long.slice(99)}`).code).toHaveLength(16 * 1024 - 99)
})

test('[M5] shows no code and no state in an error', () => {
  expect(() => parseCallback('code=secret-code&code=secret-code&state=secret-state')).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('secret') }),
  )
})

test('takes a value for what it says, with plus and percent decoded once', () => {
  expect(parseCallback('state=a%2520b+c').state).toBe('a%20b c')
})
