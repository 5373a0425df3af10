import { find } from './dom.ts'
import { explain } from './explain.ts'

const list = find('#problems', HTMLElement)

/** A second try. */
export interface Retry {
  /** What it is good for, such as "Your note will be saved". What failed twice is one problem. */
  readonly outcome: string
  readonly again: () => void
}

/** What is on the page, by what a second try is good for. */
const problems = new Map<string, { readonly box: HTMLElement; readonly again: (() => void) | undefined }>()

/** Says what went wrong and what to do. What can be tried again is, by a button, and by itself when the network is back. */
export function showProblem(error: unknown, { outcome, again: retry }: Partial<Retry> = {}): void {
  const key = outcome ?? ''
  clearProblem(key)
  const { message, action, isRetryable } = explain(error)
  const tryAgain = (): void => {
    clearProblem(key)
    retry?.()
  }
  const again = isRetryable && retry ? tryAgain : undefined
  const waits = again !== undefined && !navigator.onLine
  const said = document.createElement('p')
  if (waits) said.append(`${outcome} as soon as you are back online.`)
  else said.append(strong(message), action ? ` ${action}` : '')
  const box = document.createElement('div')
  box.className = waits ? 'problem waits' : 'problem'
  box.append(said)
  if (again && !waits) box.append(button('Try again', again))
  box.append(button('Dismiss', () => clearProblem(key)))
  problems.set(key, { box, again })
  list.append(box)
}

/** Takes a problem off the page, and whoever was at its buttons back to the content. */
export function clearProblem(key: string): void {
  const problem = problems.get(key)
  if (!problem) return
  problems.delete(key)
  if (problem.box.contains(document.activeElement)) find('#main', HTMLElement).focus()
  problem.box.remove()
}

export function clearProblems(): void {
  for (const key of problems.keys()) clearProblem(key)
}

addEventListener('online', () => {
  // Those that come back meanwhile wait for the next time.
  const all = [...problems.values()]
  for (const { again } of all) again?.()
})

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
