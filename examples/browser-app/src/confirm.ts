import { find } from './dom.ts'

const dialog = find('#confirm', HTMLDialogElement)

/** Asks before a note goes for good. Escape keeps it. */
export function confirmDeleting(text: string): Promise<boolean> {
  find('blockquote', HTMLElement, dialog).textContent = text
  dialog.showModal()
  const decided = new AbortController()
  const { signal } = decided
  return new Promise<boolean>((resolve) => {
    // Not at `close`, which a browser tells later: by then the dialog may be open for another note.
    const decide = ({ submitter }: SubmitEvent) => resolve(submitter?.getAttribute('value') === 'delete')
    dialog.addEventListener('submit', decide, { signal })
    dialog.addEventListener('cancel', () => resolve(false), { signal })
  }).finally(() => decided.abort())
}
