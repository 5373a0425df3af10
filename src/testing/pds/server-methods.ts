import type { Caller, Methods } from './method.ts'
import type { PdsOptions } from './pds.ts'
import { invalidRequest, XrpcRefusal } from './xrpc-refusal.ts'

/** `com.atproto.server.*` and `com.atproto.identity.*` */
export function serverMethods({ directory }: PdsOptions): Methods {
  return {
    'com.atproto.identity.resolveHandle': {
      verb: 'GET',
      answer({ params }) {
        const account = directory.find(params.get('handle') ?? '')
        if (!account) throw invalidRequest('Unable to resolve handle')
        return { did: account.did }
      },
    },
    'com.atproto.server.getSession': {
      verb: 'GET',
      answer({ caller }) {
        const { did } = requireCaller(caller)
        return { did, handle: directory.accounts.get(did)?.handle ?? 'handle.invalid', active: true }
      },
    },
  }
}

/** Whoever is signed in; a 401 for nobody. */
export function requireCaller(caller: Caller | undefined): Caller {
  if (caller) return caller
  throw new XrpcRefusal(401, 'AuthMissing', 'Authentication Required')
}
