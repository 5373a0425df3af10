import type { ScopeOption } from './client-scope.ts'

/** A scope as it is sent, however the app wrote it. */
export function scopeText(scope: ScopeOption): string {
  return typeof scope === 'string' ? scope : scope.join(' ')
}
