import { createTid } from 'atproof'
import type { XrpcClient } from 'atproof/browser'
import { confirmDeleting } from './confirm.ts'
import { announce, find } from './dom.ts'
import { type Note, noteItem } from './note-item.ts'
import { clearProblem, type Retry } from './problem.ts'
import { showScreen } from './screens.ts'

const COLLECTION = 'com.example.note'
const PAGE = 20
const READ = 'Your notes will be here'

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
  /** Where the older notes begin. */
  let cursor: string | undefined
  // A note has its key before it is sent: one that is sent twice is written once.
  let rkey = createTid()

  const submit = (event: Event): void => {
    event.preventDefault()
    if (!save.ariaDisabled) void attempt('Your note will be saved', write)
  }
  form.addEventListener('submit', submit, { signal })
  more.addEventListener('click', () => loading.hidden && void attempt(READ, readPage), { signal })
  empty.hidden = true
  more.hidden = true
  void attempt(READ, readPage)

  async function readPage(): Promise<void> {
    loading.hidden = false
    try {
      const { data } = await notes.listPage({ limit: PAGE, cursor, signal })
      list.append(...data.records.map(itemOf))
      cursor = data.cursor
      more.hidden = cursor === undefined
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

  async function remove(item: HTMLElement, note: Note): Promise<void> {
    await notes.delete(note.rkey)
    if (signal.aborted) return
    const neighbour = item.nextElementSibling ?? item.previousElementSibling
    item.remove()
    empty.hidden = list.childElementCount > 0
    announce('Deleted.')
    const next = neighbour ? find('button', HTMLButtonElement, neighbour) : text
    next.focus()
  }

  function itemOf(note: Note): HTMLElement {
    // One that is written while the list is read would be there twice.
    document.getElementById(note.uri)?.remove()
    return noteItem(note, async (item) => {
      if (await confirmDeleting(note.value.text))
        void attempt('The note will be deleted', () => remove(item, note))
    })
  }

  async function attempt(outcome: string, act: () => Promise<void>): Promise<void> {
    clearProblem(outcome)
    try {
      await act()
    } catch (error) {
      if (!signal.aborted) failed(error, { outcome, again: () => void attempt(outcome, act) })
    }
  }
}
