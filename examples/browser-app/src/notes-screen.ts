import { createTid } from 'atproof'
import type { XrpcClient } from 'atproof/browser'
import { confirmDeleting } from './confirm.ts'
import { announce, find } from './dom.ts'
import { type Note, noteItem } from './note-item.ts'
import { clearProblem, type Retry } from './problem.ts'
import { showScreen } from './screens.ts'

const COLLECTION = 'com.example.note'
const PAGE = 20
const READ = 'Your notes are here'

/** Told what went wrong, and how to try it again. */
type Failed = (error: unknown, retry: Retry) => void

const form = find('#write', HTMLFormElement)
const text = find('#text', HTMLTextAreaElement)
const save = find('#write button', HTMLButtonElement)
const list = find('#list', HTMLUListElement)
const loading = find('#loading', HTMLElement)
const empty = find('#empty', HTMLElement)
const more = find('#more', HTMLButtonElement)

/** The session whose notes are here, and what ends their reading. */
let shown: string | undefined
let showing = new AbortController()

/** What somebody is writing, which a sign-in takes along. */
export const draft = {
  read: (): string => text.value,
  write: (value: string): void => void (text.value = value),
}

/** Takes the notes of an account off the page. What somebody is writing stays. */
export function clearNotes(): void {
  showing.abort()
  shown = undefined
  list.replaceChildren()
}

/** The notes of an account, and a form for one more. Those that are here already stay as they are. */
export function showNotes(client: XrpcClient, failed: Failed): void {
  showScreen('notes')
  if (shown === client.session.sessionId) return
  clearNotes()
  shown = client.session.sessionId
  announce(`Notes of ${client.session.handle ?? client.did}.`)
  showing = new AbortController()
  const { signal } = showing
  const notes = client.records(COLLECTION)
  let reading = notes.list({ limit: PAGE, signal })
  // A note has its key before it is sent: one that is sent twice is written once.
  let rkey = createTid()

  const submit = (event: Event): void => {
    event.preventDefault()
    if (!save.ariaDisabled) void attempt('Your note is saved', write)
  }
  form.addEventListener('submit', submit, { signal })
  more.addEventListener('click', () => void attempt(READ, readPage, readAnew), { signal })
  readAnew()

  function readAnew(): void {
    reading = notes.list({ limit: PAGE, signal })
    list.replaceChildren()
    empty.hidden = true
    more.hidden = true
    void attempt(READ, readPage, readAnew)
  }

  async function readPage(): Promise<void> {
    loading.hidden = false
    try {
      const page = await take(reading, PAGE)
      list.append(...page.map(itemOf))
      more.hidden = page.length < PAGE
      empty.hidden = list.childElementCount > 0
    } finally {
      loading.hidden = true
    }
  }

  async function write(): Promise<void> {
    save.setAttribute('aria-disabled', 'true')
    try {
      const value = { text: text.value, createdAt: new Date().toISOString() }
      const { data } = await notes.put(rkey, value)
      rkey = createTid()
      if (signal.aborted) return
      list.prepend(itemOf({ ...data, value: { ...value, $type: COLLECTION } }))
      empty.hidden = true
      form.reset()
      text.focus()
      announce('Saved.')
    } finally {
      save.removeAttribute('aria-disabled')
    }
  }

  async function remove(item: HTMLElement, { uri }: Note): Promise<void> {
    await notes.delete(uri.slice(uri.lastIndexOf('/') + 1))
    if (signal.aborted) return
    const neighbour = item.nextElementSibling ?? item.previousElementSibling
    item.remove()
    empty.hidden = list.childElementCount > 0
    announce('Deleted.')
    const next = neighbour ? find('button', HTMLButtonElement, neighbour) : text
    next.focus()
  }

  function itemOf(note: Note): HTMLElement {
    return noteItem(note, async (item) => {
      if (await confirmDeleting(note.value.text)) void attempt('The note is deleted', () => remove(item, note))
    })
  }

  async function attempt(outcome: string, act: () => Promise<void>, retry?: () => void): Promise<void> {
    clearProblem()
    try {
      await act()
    } catch (error) {
      const again = retry ?? (() => void attempt(outcome, act))
      if (!signal.aborted) failed(error, { outcome, again })
    }
  }
}

async function take<T>(items: AsyncIterator<T, void>, count: number): Promise<T[]> {
  const taken: T[] = []
  while (taken.length < count) {
    const next = await items.next()
    if (next.done) break
    taken.push(next.value)
  }
  return taken
}
