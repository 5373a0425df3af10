import { wrongArgument } from '../errors/wrong-argument.ts'
import { hasShape, isText } from '../syntax/shape.ts'
import { contextMismatch } from './context-mismatch.ts'
import { LONGEST_SEALED_CONTEXT } from './limits.ts'
import type { Seal } from './seal.ts'
import { isSignIn, type SignIn } from './sign-in.ts'

/** A sign-in with the hash of the state that its callback will carry. */
export type BoundSignIn = SignIn & { readonly stateHash: string }

/** Sign-ins that the browser itself carries, as its `context`. */
export interface SealedSignIns {
  /** Loads what sealing takes, so that no time limit runs meanwhile. */
  prepare(): Promise<unknown>
  /** Writes a context. @throws TypeError for a `state` of the app, or a scope, that no cookie can hold */
  write(signIn: BoundSignIn): Promise<string>
  /** Reads a context. @throws AuthorizationError `context_mismatch` where it is not that of this state */
  read(context: string, stateHash: string): Promise<SignIn>
}

/** Sign-ins under the keys of a seal. */
export function sealedSignIns(seal: Seal): SealedSignIns {
  return {
    prepare: () => seal.prepare(),
    async write(signIn) {
      const context = await seal.seal(signIn)
      if (context.length <= LONGEST_SEALED_CONTEXT) return context
      throw await tooLong(seal, signIn)
    },
    async read(context, stateHash) {
      const signIn = await seal.open(context)
      const isBound = isSignIn(signIn) && hasShape<{ stateHash: string }>(signIn, { stateHash: isText })
      if (!isBound || signIn.stateHash !== stateHash) throw contextMismatch()
      return signIn
    },
  }
}

/** What makes a sealed context too long: the state of the app, where there is room for one at all. */
async function tooLong(seal: Seal, signIn: BoundSignIn): Promise<TypeError> {
  const { length } = await seal.seal({ ...signIn, state: '' })
  // Base64 has four characters for three.
  const room = Math.floor(((LONGEST_SEALED_CONTEXT - length) * 3) / 4)
  const why = 'so that the sealed context fits a cookie'
  if (room < 1) return wrongArgument('scope', `a shorter one, ${why}`, signIn.scope)
  return wrongArgument('state', `at most ${room} characters of plain ASCII, ${why}`, signIn.state)
}
