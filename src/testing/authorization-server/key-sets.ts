import type { JSONWebKeySet, JWK } from 'jose'
import { z } from 'zod'

const publicKey = z
  .object({ kty: z.string(), kid: z.string().min(1), d: z.undefined(), k: z.undefined() })
  .passthrough()

/** A key set. Keys that cannot be used are left out (RFC 7517 §5): private ones, and those without a name. */
export const keySetSchema: z.ZodType<JSONWebKeySet, z.ZodTypeDef, unknown> = z.object({
  keys: z
    .array(z.unknown())
    .transform((keys) => keys.filter((key): key is JWK => publicKey.safeParse(key).success)),
})
