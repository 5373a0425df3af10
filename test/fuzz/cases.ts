/** How many cases all properties run together, at least. */
export const CASES_IN_ALL = 200_000

/** The same cases every time, unless more are asked for: a red run is red again. */
const USUAL_SEED = 20_260_101

const asked = Number(process.env['FUZZ_RUNS'] ?? CASES_IN_ALL)

/** How much more is asked for than the usual number of cases. */
export const FACTOR = asked / CASES_IN_ALL

/** Where the cases come from. */
export const SEED = Number(process.env['FUZZ_SEED'] ?? (FACTOR === 1 ? USUAL_SEED : Date.now() % 2 ** 31))

/** The one case to run again, as a failure printed it. */
export const PATH: string | undefined = process.env['FUZZ_PATH']

/** How long one property may take, in ms. Only a hang comes near it. */
export const LONGEST_MS: number = 60_000 * Math.max(1, FACTOR)
