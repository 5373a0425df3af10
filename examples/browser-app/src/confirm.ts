import { find } from './dom.ts'

const dialog = find('#confirm', HTMLDialogElement)

/** Asks before a note goes for good. Escape keeps it. */
export function confirmDeleting(text: string): Promise<boolean> {
  find('blockquote', HTMLElement, dialog).textContent = text
  dialog.returnValue = 'keep'
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'delete'), { once: true })
  })
}
