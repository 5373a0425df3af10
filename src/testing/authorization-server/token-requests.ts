import { z } from 'zod'
import { invalidGrant, invalidRequest } from '../oauth-error.ts'
import { type Parameters, parsePart } from './read-body.ts'
import { readRedirectUri } from './redirect-uris.ts'

/** A code, to be exchanged for tokens. */
export interface CodeRequest {
  readonly grant_type: 'authorization_code'
  readonly code: string
  readonly redirect_uri: string
  readonly code_verifier?: string | undefined
}

/** What a code or a refresh token is given for. The last two grants are known, and not supported. */
export type TokenRequest =
  | CodeRequest
  | { readonly grant_type: 'refresh_token'; readonly refresh_token: string }
  | { readonly grant_type: 'password' | 'client_credentials' }

const tokenRequestSchema = z.discriminatedUnion('grant_type', [
  z.object({
    grant_type: z.literal('authorization_code'),
    code: z.string().min(1),
    redirect_uri: z.string().refine(readRedirectUri, 'not a redirect URI'),
    code_verifier: z
      .string()
      .min(43)
      .max(128)
      .regex(/^[\w.~-]+$/)
      .optional(),
  }),
  z.object({ grant_type: z.literal('refresh_token'), refresh_token: z.string().min(1) }),
  z.object({ grant_type: z.literal('password'), username: z.string(), password: z.string() }),
  z.object({ grant_type: z.literal('client_credentials') }),
])

const revocationSchema = z.object({
  token: z.string().min(1),
  token_type_hint: z.enum(['access_token', 'refresh_token']).optional(),
})

/** Here a request that says too little is an invalid grant, and ends nothing. */
export function parseTokenRequest(body: Parameters): TokenRequest {
  return parsePart(tokenRequestSchema, body, 'Invalid request payload', invalidGrant)
}

/** The token that is to be revoked. What kind it is, the server sees by itself. */
export function parseRevocation(body: Parameters): string {
  return parsePart(revocationSchema, body, 'Invalid request payload', invalidRequest).token
}

/** Refuses a value that was never one of ours: `cod-` or `ref-`, and 64 characters. */
export function checkShape(value: string, prefix: string, name: string): void {
  if (value.length === 68 && value.startsWith(`${prefix}-`)) return
  throw invalidGrant(`Invalid ${name}: String must contain exactly 68 character(s) at ${name.replace(' ', '_')}`)
}
