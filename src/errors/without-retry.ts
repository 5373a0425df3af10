/** Says of an error, one of ours or not, that trying the same again cannot help, and what does. */
export function withoutRetry<E extends Error>(error: E, action: string): E {
  return Object.assign(error, { retryable: false, action })
}
