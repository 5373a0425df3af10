import type { DeclaredErrorName, MethodName, Procedures, Queries } from './registry.ts'

/**
 * A name that may be asked for: one of the method's own, or one that no lexicon has. What only other methods declare is
 * a mistake, unless it is about the state of an account, which servers tell where no lexicon says so, too.
 */
export type AskedErrorName<N extends MethodName, E> = E extends DeclaredErrorName<N> | RepoErrorName
  ? E
  : E extends KnownErrorName<N>
    ? DeclaredErrorName<N>
    : E

type RepoErrorName = 'RepoNotFound' | 'RepoTakendown' | 'RepoSuspended' | 'RepoDeactivated'

/** The names that any method declares; none for a method of which nothing is known. */
type KnownErrorName<N> = N extends keyof Queries | keyof Procedures
  ? DeclaredBy<Queries[keyof Queries] | Procedures[keyof Procedures]>
  : never

type DeclaredBy<M> = M extends { errors: infer E } ? E : never
