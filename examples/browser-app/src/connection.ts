import { find } from './dom.ts'

const banner = find('#offline', HTMLElement)

/** Says so while there is no network, and says no more once it is back. */
export function watchConnection(): void {
  addEventListener('online', show)
  addEventListener('offline', show)
  show()
}

function show(): void {
  banner.textContent = navigator.onLine
    ? ''
    : 'You are offline. Nothing is lost, and Jot goes on when you are back.'
}
