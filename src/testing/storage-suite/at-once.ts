/** Does something for each item, for so many of them at once that a slow storage is not waited for each by each. */
export async function forEachAtOnce<T>(
  items: readonly T[],
  run: (item: T, at: number) => Promise<unknown>,
  { atOnce = 50 }: { readonly atOnce?: number } = {},
): Promise<void> {
  const left = items.entries()
  const work = async () => {
    for (const [at, item] of left) await run(item, at)
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}
