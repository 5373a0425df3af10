import type { Account } from './commands.ts'
import type { Pds } from './pds.ts'

interface Session {
  readonly accessJwt: string
}

/**
 * Moves an account to a PDS of somebody else, as its owner does it with a migration tool: the account is made there
 * with the old server's word for it, takes its repository along, has its DID point there, and is switched over. Blobs
 * and preferences stay behind.
 *
 * @see https://atproto.com/guides/account-migration
 */
export async function migrateAccount({ did, handle, password }: Account, from: Pds, to: Pds): Promise<void> {
  const { accessJwt: old } = await from.call<Session>('com.atproto.server.createSession', {
    input: { identifier: did, password },
  })
  const { token: word } = await from.call<{ token: string }>('com.atproto.server.getServiceAuth', {
    token: old,
    params: { aud: to.did, lxm: 'com.atproto.server.createAccount' },
  })
  const { accessJwt: fresh } = await to.call<Session>('com.atproto.server.createAccount', {
    token: word,
    input: { did, handle, password, email: `${handle}@mail.com` },
  })
  const repository = await from.download('com.atproto.sync.getRepo', { did })
  await to.call('com.atproto.repo.importRepo', { token: fresh, input: repository })

  const credentials = await to.call<object>('com.atproto.identity.getRecommendedDidCredentials', { token: fresh })
  const { operation } = await from.call<{ operation: object }>('com.atproto.identity.signPlcOperation', {
    token: old,
    input: { token: await from.createPlcToken(did), ...credentials },
  })
  await to.call('com.atproto.identity.submitPlcOperation', { token: fresh, input: { operation } })
  await to.call('com.atproto.server.activateAccount', { token: fresh, method: 'POST' })
  await from.call('com.atproto.server.deactivateAccount', { token: old, input: {} })
}
