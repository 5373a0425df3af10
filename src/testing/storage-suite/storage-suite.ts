import type { Storage } from '../../storage/storage.ts'
import { ageCases } from './age-cases.ts'
import { copyingCases } from './copying-cases.ts'
import { damageCases } from './damage-cases.ts'
import { deletingCases } from './deleting-cases.ts'
import { expiryCases } from './expiry-cases.ts'
import { handleCases } from './handle-cases.ts'
import { keyCases } from './key-cases.ts'
import { killCases } from './kill-cases.ts'
import { listingCases } from './listing-cases.ts'
import { processCases } from './process-cases.ts'
import { raceCases } from './race-cases.ts'
import { refusalCases } from './refusal-cases.ts'
import { withScene } from './scene.ts'
import type { StorageHooks } from './storage-hooks.ts'
import type { SuiteCase } from './suite-case.ts'
import { valueCases } from './value-cases.ts'
import { versionCases } from './version-cases.ts'
import { writingCases } from './writing-cases.ts'

/** One thing that an engine does, for any test runner. */
export interface StorageCase {
  readonly title: string
  /** Rejects with an Error that says what was expected and what was found. Takes some seconds on a slow engine. */
  readonly run: () => Promise<void>
}

/**
 * The cases that prove a storage engine: that what {@link Storage} promises holds. A case whose hook is missing is not
 * among them; instead there is one, which passes, whose title says what did not run.
 *
 * @throws TypeError for hooks without `open`
 * @example
 * for (const { title, run } of storageSuite({ open: async () => memoryStorage() })) test(title, run)
 */
export function storageSuite<S extends Storage>(hooks: StorageHooks<S>): readonly StorageCase[] {
  if (typeof hooks?.open !== 'function') {
    throw new TypeError(`hooks.open: expected a function, found ${typeof hooks?.open}`)
  }
  const damages = Object.keys(hooks.corrupt ?? {})
  const always = [
    ...writingCases,
    ...raceCases,
    ...versionCases,
    ...deletingCases,
    ...expiryCases,
    ...ageCases,
    ...listingCases,
    ...valueCases,
    ...copyingCases,
    ...refusalCases,
    ...keyCases,
  ]
  const toCase = ({ title, run }: SuiteCase): StorageCase => ({ title, run: () => withScene(hooks, run) })
  const withHook = (name: string, isGiven: boolean, cases: readonly SuiteCase[]) =>
    isGiven ? cases.map(toCase) : [absence(name, cases)]
  return [
    ...always.map(toCase),
    ...withHook('reopen', hooks.reopen !== undefined, handleCases),
    ...withHook('spawn', hooks.spawn !== undefined, [...processCases, ...killCases]),
    ...withHook('corrupt', damages.length > 0, damageCases(damages.length > 0 ? damages : ['damaged'])),
  ]
}

/** Says what was not proved, where every reporter prints it. */
function absence(hook: string, cases: readonly SuiteCase[]): StorageCase {
  const titles = cases.map(({ title }) => title).join('; ')
  return { title: `NOT RUN, since no hook \`${hook}\` was given: ${titles}`, run: async () => {} }
}
