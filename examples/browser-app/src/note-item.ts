import type { FoundRecord } from 'atproof'
import { copyOf, find } from './dom.ts'

/** A note, as it is read. */
export type Note = FoundRecord<'com.example.note'>

/** A note as the list shows it, with its text as text, whatever stands in it. */
export function noteItem({ uri, value }: Note, remove: (item: HTMLElement) => void): HTMLElement {
  const item = copyOf('note')
  item.id = uri
  find('.text', HTMLElement, item).textContent = value.text
  const time = find('time', HTMLTimeElement, item)
  time.dateTime = value.createdAt
  time.textContent = when(value.createdAt)
  find('button', HTMLButtonElement, item).addEventListener('click', () => remove(item))
  return item
}

const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** Any app of the account may have written the note, and any text as its date. */
function when(createdAt: string): string {
  const date = new Date(createdAt)
  return Number.isNaN(date.valueOf()) ? '' : DATE.format(date)
}
