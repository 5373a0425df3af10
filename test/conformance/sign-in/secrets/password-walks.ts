import { signInWithPassword } from 'atproof'
import { failureOf } from '../../scene.ts'
import type { Walk } from './walk.ts'
import type { WatchedScene } from './watched-scene.ts'

const CREATE = '/xrpc/com.atproto.server.createSession'
const CODE = 'ABCDE-FGHIJ-KLMNO'

/** Signs in with a password and a code, after the world went wrong. */
function withPassword(
  spoil: (scene: WatchedScene) => void,
  options: { readonly authFactorToken?: string } = { authFactorToken: CODE },
): Walk[1] {
  return async (scene) => {
    const { network, alice, storage, oauth: _, ...rest } = scene
    const { fetch, resolveTxt } = network
    scene.secrets.add(alice.password).add(CODE)
    spoil(scene)
    const onEvent = (event: WatchedScene['events'][number]) => void rest.events.push(event)
    const setup = { storage, fetch, resolveTxt, clock: rest.clock, onEvent, ...options }
    return failureOf(signInWithPassword(alice.handle, alice.password, setup))
  }
}

/** A server that refuses, and repeats all it was sent wherever an error has words. */
function refusing(error: string, status: number): Walk[1] {
  return withPassword(({ network }) => {
    network.fault({
      path: CREATE,
      async respond(request) {
        const words = await request.text()
        return Response.json({ error, message: words, detail: words }, { status, headers: { 'x-request': words } })
      },
    })
  })
}

/** A server that puts a token, or the password itself, where something else belongs. */
function answering(member: string, from: string): Walk[1] {
  return withPassword(({ network, secrets }) => {
    network.fault({
      path: CREATE,
      json(json) {
        secrets.add(String(json['accessJwt'])).add(String(json['refreshJwt']))
        return { ...json, [member]: json[from] }
      },
    })
  })
}

/** The ways to the errors of a sign-in that only a password has. */
export const PASSWORD_WALKS = {
  password_refused: [['a password that is wrong', refusing('AuthenticationRequired', 401)]],
  second_factor_required: [['a second factor that is wanted', refusing('AuthFactorTokenRequired', 401)]],
  second_factor_refused: [['a code that is wrong', refusing('InvalidToken', 400)]],
  account_taken_down: [['a password of an account that was taken down', refusing('AccountTakedown', 401)]],
  account_deactivated: [['a password of an account that is deactivated', refusing('AccountDeactivated', 401)]],
  rate_limited: [['too many passwords', refusing('RateLimitExceeded', 429)]],
} as const satisfies Readonly<Record<string, readonly [Walk, ...Walk[]]>>

/** More ways to the errors that it has in common with others. */
export const SHARED_PASSWORD_WALKS = {
  token_response_invalid: [
    ['a password that brings tokens for one of them', answering('did', 'accessJwt')],
    ['a password that brings no refresh token', answering('refreshJwt', 'nothing')],
  ],
  request_refused: [['a server that repeats a password in its error', refusing('NotThis', 400)]],
  server_failing: [['a server that fails over a password', refusing('InternalServerError', 500)]],
} as const satisfies Readonly<Record<string, readonly [Walk, ...Walk[]]>>
