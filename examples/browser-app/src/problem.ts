import { find } from './dom.ts'
import { explain } from './explain.ts'

const box = find('#problem', HTMLElement)
let again: (() => void) | undefined

/** A second try. */
export interface Retry {
  /** What it is good for, such as "Your note is saved". */
  readonly outcome: string
  readonly again: () => void
}

/** Says what went wrong and what to do. What can be tried again is, by a button, and by itself when the network is back. */
export function showProblem(error: unknown, retry?: Retry): void {
  const { message, action, isRetryable } = explain(error)
  again = isRetryable ? retry?.again : undefined
  const waits = again !== undefined && !navigator.onLine
  box.classList.toggle('waits', waits)
  const said = document.createElement('p')
  if (waits) said.append(`${retry?.outcome} as soon as you are back online.`)
  else said.append(strong(message), action ? ` ${action}` : '')
  box.replaceChildren(
    said,
    ...(again && !waits ? [button('Try again', again)] : []),
    button('Dismiss', clearProblem),
  )
}

export function clearProblem(): void {
  again = undefined
  box.replaceChildren()
}

addEventListener('online', () => again?.())

function strong(text: string): HTMLElement {
  const element = document.createElement('strong')
  element.textContent = text
  return element
}

function button(text: string, act: () => void): HTMLElement {
  const element = document.createElement('button')
  element.textContent = text
  element.addEventListener('click', act)
  return element
}
