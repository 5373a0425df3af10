import { hasShape, isText, oneOf } from '../../syntax/shape.ts'

/**
 * How a session's client showed who it is. A server pins a session to it: another client id, method or key at a refresh
 * makes the reference server delete the session. So a session goes on with its own, whatever the app is called by now.
 */
export type ClientAuth =
  | { readonly method: 'none'; readonly clientId: string }
  | {
      readonly method: 'private_key_jwt'
      readonly clientId: string
      readonly kid: string
      /** Not only those that are known here: another library's session, or a newer version's, has its own. */
      readonly alg: string
      /** The key's thumbprint (RFC 7638). */
      readonly jkt: string
    }

/** How a session of a confidential client is pinned. */
export type KeyAuth = Extract<ClientAuth, { readonly method: 'private_key_jwt' }>

/** Whether a stored value is what a session can be pinned to. */
export function isClientAuth(value: unknown): value is ClientAuth {
  if (hasShape<{ method: 'none'; clientId: string }>(value, { method: oneOf('none'), clientId: isText }))
    return true
  const shape = { method: oneOf('private_key_jwt'), clientId: isText, kid: isText, alg: isText, jkt: isText }
  return hasShape<KeyAuth>(value, shape)
}
