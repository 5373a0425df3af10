import { announce, find } from './dom.ts'

const STEPS = ['handle', 'identity', 'server', 'consent'] as const

/** What is found on the way to a session, in order. */
export type Step = (typeof STEPS)[number]

/** Asks the question of a step. Those before it are done, and those after it wait. */
export function openStep(open: Step): void {
  for (const [at, step] of STEPS.entries()) {
    const item = itemOf(step)
    const isDone = at < STEPS.indexOf(open)
    item.dataset['state'] = isDone ? 'done' : step === open ? 'open' : 'waiting'
    if (!isDone) find('code', HTMLElement, item).textContent = ''
    if (step === open) item.setAttribute('aria-current', 'step')
    else item.removeAttribute('aria-current')
  }
}

/** Shows what was found, and asks the next question. */
export function answerStep(step: Step, found: string): void {
  const item = itemOf(step)
  find('code', HTMLElement, item).textContent = found
  announce(`${find('span', HTMLElement, item).textContent} ${found}`)
  openStep(STEPS[STEPS.indexOf(step) + 1] ?? step)
}

function itemOf(step: Step): HTMLElement {
  return find(`[data-step=${step}]`, HTMLElement)
}
