/** Waits for a page that is on its way to another. */
export function untilGone(): Promise<never> {
  return new Promise(() => {})
}
