import { AuthorizationError, type AuthorizationErrorFacts } from '../../errors/authorization-error.ts'
import {
  CLIENT_DEPLOYMENT_MEANINGS,
  type ClientDeploymentErrorCode,
} from '../../errors/client-deployment-meanings.ts'

/** An error for who deploys a client: its document, or what it signs with. */
export function clientDeploymentError(
  code: ClientDeploymentErrorCode,
  facts: AuthorizationErrorFacts,
): AuthorizationError {
  return new AuthorizationError(code, facts, CLIENT_DEPLOYMENT_MEANINGS[code])
}
