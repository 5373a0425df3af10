import type { Meaning } from './atproof-error.ts'

/** The codes of an `AuthorizationError` that only who deploys a client meets: its document, and what it signs with. */
export type ClientDeploymentErrorCode = 'client_metadata_invalid' | 'client_key_unusable' | 'assertion_invalid'

/** What they mean. Apart from the other codes of a sign-in: a page has no client key, and looks at no document of its own. */
export const CLIENT_DEPLOYMENT_MEANINGS: Readonly<Record<ClientDeploymentErrorCode, Meaning>> = {
  client_metadata_invalid: { says: "the client's own metadata is not valid" },
  client_key_unusable: {
    says: 'a client key cannot be used for signing here',
    action: 'look at the key: its private half, its public half, and whether this runtime knows its algorithm',
  },
  assertion_invalid: {
    says: 'what `signAssertion` gave is no assertion that a server could take',
    action: 'mend `signAssertion`: nothing was sent',
  },
}
