import type { PasswordDebt, PasswordRecord } from './password-record.ts'
import type { Debt } from './record.ts'

/** What a session of this kind owes its server once it is signed out. */
export type DebtOf<R> = R extends PasswordRecord ? PasswordDebt : Debt
