import { clockChecks } from './clock.ts'
import { refreshChecks } from './refresh.ts'
import { dnsOverHttpsChecks, signInChecks } from './sign-in.ts'
import { storageChecks } from './storage.ts'
import { wireChecks } from './wire.ts'

/** Plain functions by what they prove. One that throws has failed. */
export type Checks = Readonly<Record<string, () => Promise<void>>>

/** What must hold in every runtime. They use `atproof` and `atproof/testing`, and nothing else that is not everywhere. */
export const checks: Checks = {
  ...signInChecks,
  ...refreshChecks,
  ...clockChecks,
  ...storageChecks,
  ...wireChecks,
  ...dnsOverHttpsChecks,
}

/** Those that hold only where the runtime has no DNS of its own. */
export const titlesWithoutDns: readonly string[] = Object.keys(dnsOverHttpsChecks)
