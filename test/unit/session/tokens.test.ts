import { expect, test } from 'vitest'
import type { TokenResponse } from '../../../src/flow/token-response.ts'
import { isExpired, isNearItsEnd, tokensOf } from '../../../src/session/tokens.ts'

const NOW = 1_700_000_000_000
const MINUTE = 60_000

const response: TokenResponse = {
  accessToken: 'access',
  tokenType: 'dpop',
  refreshToken: 'refresh',
  scope: 'atproto',
  sub: 'did:plc:alice',
  lifetimeMs: 60 * MINUTE,
}

function tokens(lifetimeMs: number | undefined) {
  return tokensOf({ ...response, lifetimeMs }, NOW)
}

test('[F5] the lifetime counts from the sending of the request', () => {
  expect(tokensOf(response, NOW)).toEqual({
    accessToken: 'access',
    refreshToken: 'refresh',
    lifetimeMs: 60 * MINUTE,
    expiresAt: NOW + 60 * MINUTE,
  })
})

test('[F5] [F6] what the server does not say is not known', () => {
  expect(tokensOf({ ...response, lifetimeMs: undefined, refreshToken: undefined }, NOW)).toEqual({
    accessToken: 'access',
    refreshToken: undefined,
    lifetimeMs: undefined,
    expiresAt: undefined,
  })
})

test('a token is over at its end, and not before', () => {
  expect(isExpired(tokens(MINUTE), NOW + MINUTE - 1)).toBe(false)
  expect(isExpired(tokens(MINUTE), NOW + MINUTE)).toBe(true)
})

test('[F5] a token of unknown lifetime is never over, nor near its end: only a 401 tells', () => {
  expect(isExpired(tokens(undefined), NOW * 2)).toBe(false)
  expect(isNearItsEnd(tokens(undefined), NOW * 2)).toBe(false)
})

test.each([
  { minutes: 60, early: 6 * MINUTE },
  { minutes: 20, early: 6 * MINUTE },
  { minutes: 19, early: 1.9 * MINUTE },
  { minutes: 10, early: MINUTE },
  { minutes: 1, early: MINUTE / 10 },
])('[R3] [H7] a token of $minutes min is near its end $early ms before', ({ minutes, early }) => {
  const each = tokens(minutes * MINUTE)
  const end = NOW + minutes * MINUTE
  expect(isNearItsEnd(each, end - early - 1)).toBe(false)
  expect(isNearItsEnd(each, end - early)).toBe(true)
  expect(isNearItsEnd(each, end + MINUTE)).toBe(true)
})

test('[R3] a fresh token is not near its end, however short it lives', () => {
  for (const lifetimeMs of [1000, MINUTE, 20 * MINUTE, 60 * MINUTE]) {
    expect(isNearItsEnd(tokens(lifetimeMs), NOW)).toBe(false)
  }
})

test('a token whose end is known and whose lifetime is not is near its end at its end', () => {
  const imported = { ...tokens(MINUTE), lifetimeMs: undefined }
  expect(isNearItsEnd(imported, NOW + MINUTE - 1)).toBe(false)
  expect(isNearItsEnd(imported, NOW + MINUTE)).toBe(true)
})
