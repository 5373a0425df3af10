import { find } from './dom.ts'

const SCREENS = ['opening', 'sign-in', 'signing-in', 'ended', 'notes'] as const

/** What fills the page: one at a time. */
export type Screen = (typeof SCREENS)[number]

/**
 * Shows a screen. Who works without a mouse or without sight goes on at its heading; at the first one the browser says where
 * to begin.
 */
export function showScreen(screen: Screen): void {
  const isFirst = !find('#opening', HTMLElement).hidden
  const isOther = find(`#${screen}`, HTMLElement).hidden
  for (const name of SCREENS) find(`#${name}`, HTMLElement).hidden = name !== screen
  if (isOther && !isFirst) find(`#${screen} h1`, HTMLElement).focus({ preventScroll: true })
}
