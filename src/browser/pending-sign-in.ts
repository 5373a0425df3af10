import { HOUR } from '../http/clock.ts'
import { hasShape, isBoolean, isNumber, isText, optional, type Shape } from '../syntax/shape.ts'
import { dropText, keepText } from './keep-text.ts'
import { inPlace, type KeptPlace, PLACES, readText, textKey } from './read-text.ts'
import { SIGN_IN } from './sign-in-name.ts'
import type { Tab } from './tab.ts'

/** A sign-in that is under way, or has just ended: what this browser keeps of it. Never a token or a code. */
export interface PendingSignIn {
  /** When it began, in ms since the epoch. */
  readonly at: number
  /** Whether it goes on in a window of its own. */
  readonly isPopup: boolean
  /** What binds the callback to this browser: of no use without the callback's `state` and code. Gone once used. */
  readonly context?: string | undefined
  /** What came of it: the session, or the code of an error. */
  readonly sessionId?: string | undefined
  readonly error?: string | undefined
}

const SHAPE: Shape<PendingSignIn> = {
  at: isNumber,
  isPopup: isBoolean,
  context: optional(isText),
  sessionId: optional(isText),
  error: optional(isText),
}

/** How long it is kept: as long as the person may take at the consent page. */
export const SIGN_IN_MS: number = HOUR

/** The longest text that is read as one, in characters. */
const LONGEST = 8192

/** What is kept of a sign-in; undefined where there is nothing, or nothing of ours. */
export function readSignIn(tab: Tab, name: string): PendingSignIn | undefined {
  const text = readText(tab, name)
  if (text === null || text.length > LONGEST) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return hasShape(value, SHAPE) ? value : undefined
  } catch {
    return undefined // not written by us
  }
}

/** Keeps it. Returns where, or undefined where the browser keeps nothing. */
export function keepSignIn(tab: Tab, name: string, signIn: PendingSignIn): KeptPlace | undefined {
  return keepText(tab, name, JSON.stringify(signIn))
}

/** Whether nobody can come back to it any more. A clock that was set back must not keep it for ever. */
export function isOver({ clock }: Tab, { at }: PendingSignIn): boolean {
  return Math.abs(clock.now() - at) >= SIGN_IN_MS
}

/** Drops what is kept of sign-ins that nobody can come back to, and what only looks like it. */
export function dropOldSignIns(tab: Tab): void {
  const prefix = textKey(tab, SIGN_IN)
  for (const place of PLACES) {
    const keys = inPlace(tab, place, (texts) =>
      Array.from({ length: texts.length }, (_, at) => texts.key(at) ?? '').filter((key) => key.startsWith(prefix)),
    )
    for (const key of keys ?? []) {
      const name = SIGN_IN + key.slice(prefix.length)
      const signIn = readSignIn(tab, name)
      if (!signIn || isOver(tab, signIn)) dropText(tab, name)
    }
  }
}
