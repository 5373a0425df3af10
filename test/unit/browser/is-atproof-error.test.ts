import { type ErrorFamilies, isAtproofError, resume, SessionError, signIn } from 'atproof/browser'
import { describe, expect, test } from 'vitest'
import * as errors from '../../../src/errors.ts'
import { browserScene, failureOf, leaveToSignIn } from './scene.ts'

const account = { sessionId: 'did:plc:alice/1', did: 'did:plc:alice', handle: undefined }
const answer = { nsid: 'com.example.getThings', status: 400, error: '', rateLimit: undefined, client: {} }

/** One of each family. */
const FAMILIES: ErrorFamilies = {
  AuthorizationError: new errors.AuthorizationError('access_denied'),
  DiscoveryError: new errors.DiscoveryError('issuer_mismatch'),
  IdentityError: new errors.IdentityError('handle_not_found'),
  NetworkError: new errors.NetworkError('timeout'),
  SessionError: new errors.SessionError('signed_out', account),
  StorageError: new errors.StorageError('corrupt'),
  XrpcError: new errors.XrpcError('error_response', { ...answer, headers: new Headers() }),
}

describe.each(Object.entries(FAMILIES))('an error of the family %s', (name, error) => {
  test('is told by it', () => {
    const names = Object.values(FAMILIES).map((family) => family.name)
    expect(names.filter((family) => isAtproofError(error, family))).toEqual([name])
  })
})

test.each([
  ['nothing', undefined],
  ['a text', 'AuthorizationError'],
  ['an error of somebody else', Object.assign(new Error('no'), { name: 'AuthorizationError', state: 'x' })],
])('%s is none of this library', (_, error) => {
  expect(isAtproofError(error, 'AuthorizationError')).toBe(false)
})

test("a sign-in that was refused gives the app's state back", async () => {
  const scene = browserScene()
  const url = await leaveToSignIn(scene, scene.open(), scene.alice, { state: 'a draft' })
  const failure: unknown = await failureOf(resume(scene.open(scene.alice.deny(url)).oauth))
  expect(isAtproofError(failure, 'AuthorizationError') && failure.state).toBe('a draft')
  expect(failure).not.toBeInstanceOf(SessionError)
})

test('a handle that nobody has is told by its family', async () => {
  const scene = browserScene()
  const failure: unknown = await failureOf(signIn(scene.open().oauth, 'nobody.example.com'))
  expect(isAtproofError(failure, 'IdentityError') && failure.code).toBe('handle_not_found')
})
