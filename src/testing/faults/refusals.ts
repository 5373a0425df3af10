import { invalidToken } from '../oauth-error.ts'

/** What a server says that does not do what it was asked for. */
export interface Refusal {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** @default JSON with an `error` */
  readonly body?: string
}

/** A refusal as a response. */
export function refusal({ status, headers, body }: Refusal): Response {
  const init = { status, ...(headers && { headers }) }
  if (!canHaveBody({ status })) return new Response(null, init)
  if (body !== undefined) return new Response(body, init)
  const error = ERROR_NAMES[status] ?? 'Unknown'
  return Response.json({ error, message: `A fault of the test: ${status}` }, init)
}

/** As a server says it that does not know the access token. */
export function refuseToken(): Response {
  const { status, error, message, challenge } = invalidToken('Invalid token')
  return Response.json({ error, message }, { status, headers: { 'www-authenticate': challenge } })
}

/** Whether a response may have a body: not with the null body statuses of the Fetch standard. */
export function canHaveBody({ status }: Pick<Response, 'status'>): boolean {
  return ![204, 205, 304].includes(status)
}

/** The names of the reference server for what it says without a better one. */
const ERROR_NAMES: Readonly<Record<number, string>> = {
  400: 'InvalidRequest',
  401: 'AuthenticationRequired',
  403: 'Forbidden',
  404: 'NotFound',
  413: 'PayloadTooLarge',
  429: 'RateLimitExceeded',
  500: 'InternalServerError',
  501: 'MethodNotImplemented',
  502: 'UpstreamFailure',
  503: 'NotEnoughResources',
  504: 'UpstreamTimeout',
}
