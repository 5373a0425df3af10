import { type AtproofError, IdentityError, type SessionInfo } from 'atproof'
import { html } from 'hono/html'

type Page = ReturnType<typeof html>

export function signInPage(): Page {
  return page(signInForm())
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
  // Only what the person typed is theirs to mend.
  const reason = error instanceof IdentityError ? error.message : `That did not work (${error.code}).`
  return page(html`
    <p>${reason}</p>
    ${error.retryable ? html`<p><a href="/">Try again</a></p>` : wayBack(error)}
  `)
}

/** Never only to the page that failed: the session may be one that cannot be read any more. */
function wayBack({ code }: AtproofError): Page {
  if (code !== 'needs_reauth') return signInForm()
  return html`<form method="post" action="/sign-in-again"><button>Sign in again</button></form>`
}

function signInForm(): Page {
  return html`
    <form method="post" action="/sign-in">
      <label
        >Your handle <input name="handle" placeholder="alice.example.com" autocomplete="username" required
      /></label>
      <button>Sign in</button>
    </form>
  `
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
