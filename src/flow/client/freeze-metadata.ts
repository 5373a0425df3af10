import type { ClientMetadata } from './client-metadata.ts'

/** Makes metadata that nobody can change, so that what is served stays what was checked. */
export function freezeMetadata(metadata: ClientMetadata): ClientMetadata {
  for (const value of Object.values(metadata)) if (typeof value === 'object') Object.freeze(value)
  for (const key of metadata.jwks?.keys ?? []) Object.freeze(key)
  Object.freeze(metadata.jwks?.keys)
  return Object.freeze(metadata)
}
