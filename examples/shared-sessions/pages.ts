import type { AtproofError, SessionInfo } from 'atproof'
import { html } from 'hono/html'

type Page = ReturnType<typeof html>

export function signInPage(): Page {
  return page(html`
    <form method="post" action="/sign-in">
      <label
        >Your handle <input name="handle" placeholder="alice.example.com" autocomplete="username" required
      /></label>
      <button>Sign in</button>
    </form>
  `)
}

export function notesPage(session: SessionInfo, notes: readonly string[]): Page {
  return page(html`
    <p>Signed in as <b>${session.handle ?? session.did}</b></p>
    <form method="post" action="/notes">
      <label>A note <input name="text" required /></label>
      <button>Save</button>
    </form>
    <ul>
      ${notes.map((note) => html`<li>${note}</li>`)}
    </ul>
    <form method="post" action="/sign-out"><button>Sign out</button></form>
  `)
}

export function signedOutPage(): Page {
  return page(html`
    <p>You are signed out.</p>
    <p><a href="/">Sign in</a></p>
  `)
}

/** What went wrong, and the way on: again later, back into the session, or from the start. */
export function failurePage(error: AtproofError): Page {
  const hasEnded = error.code === 'needs_reauth'
  return page(html`
    <p>${error.message}</p>
    ${
      hasEnded
        ? html`<form method="post" action="/sign-in-again"><button>Sign in again</button></form>`
        : html`<p><a href="/">${error.retryable ? 'Try again' : 'Back'}</a></p>`
    }
  `)
}

/** The process that answered is told, since that is what the example is about. */
function page(content: Page): Page {
  return html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <meta name="color-scheme" content="light dark" />
      <title>Notes</title>
      <style>
        body {
          font:
            1.1rem/1.5 system-ui,
            sans-serif;
          max-width: 40rem;
          margin: 3rem auto;
          padding: 0 1rem;
        }
        form {
          margin: 1rem 0;
        }
        input,
        button {
          font: inherit;
          padding: 0.3rem 0.6rem;
        }
      </style>
      <h1>Notes</h1>
      ${content}
      <footer><small>answered by process ${process.pid}</small></footer>
    </html>`
}
