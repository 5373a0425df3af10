/** Runs checks in a runtime, by their titles. Gives `passed` or the failure for each. */
export type Run = (titles: readonly string[]) => Promise<Readonly<Record<string, string>>>
