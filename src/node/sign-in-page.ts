import { createHash } from 'node:crypto'

/** What the person's browser shows when it is back on this machine. It loads nothing and runs nothing. */
export interface SignInPage {
  readonly status: number
  readonly html: string
}

/** The sign-in worked. The account is a handle or a DID. */
export function signedInPage(account: string): SignInPage {
  const html = page('good', CHECK, 'You are signed in', [
    `as <strong>${escapeHtml(account)}</strong>`,
    'You can close this tab and go back to the program that opened it.',
  ])
  return { status: 200, html }
}

/** The person said no, or the server did in their place. */
export function refusedPage(): SignInPage {
  const html = page('bad', CROSS, 'You are not signed in', [
    'The sign-in was refused, and the program was given no access.',
    'You can close this tab.',
  ])
  return { status: 400, html }
}

/** The sign-in failed. Why is told where it began, since what a server says of it is not for a page of ours. */
export function failedPage(): SignInPage {
  const html = page('bad', CROSS, 'You are not signed in', [
    'Something went wrong. The program that opened this tab says what.',
    'You can close this tab.',
  ])
  return { status: 400, html }
}

/** Nobody has come back yet: what a response to another sign-in, or a curious visitor, leads to. */
export function waitingPage(): SignInPage {
  const html = page('open', DOTS, 'Not signed in yet', [
    'This response does not belong to the sign-in that is waited for.',
    'Finish that one in the tab that the program opened.',
  ])
  return { status: 404, html }
}

/** What a browser may do with a page: apply its one style, and show its icon. Nothing else. */
export function contentSecurityPolicy(): string {
  const style = createHash('sha256').update(STYLE).digest('base64')
  return `default-src 'none'; style-src 'sha256-${style}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
}

type Mood = 'good' | 'bad' | 'open'

/** The colours of the icon, which knows no colour scheme. */
const ICON: Readonly<Record<Mood, string>> = { good: '#1a8a55', bad: '#c4453c', open: '#8a6a1a' }

const CHECK = '<path d="M15 25l6.5 6.5L34 18"/>'
const CROSS = '<path d="M17 17l14 14M31 17L17 31"/>'
const DOTS = '<path d="M15 24h.01M24 24h.01M33 24h.01"/>'

const STYLE = `
:root { color-scheme: light dark; --page: #f3f5f7; --card: #fff; --line: #dfe4e8; --text: #17202a; --soft: #56626e }
.good { --mark: #1a8a55 } .bad { --mark: #c4453c } .open { --mark: #8a6a1a }
@media (prefers-color-scheme: dark) {
  :root { --page: #0e1216; --card: #171c22; --line: #2a323b; --text: #edf1f5; --soft: #9caab7 }
  .good { --mark: #4cc98d } .bad { --mark: #f0857c } .open { --mark: #dcb75a }
}
* { box-sizing: border-box }
body {
  margin: 0; min-height: 100vh; padding: 1.5rem; display: grid; place-items: center;
  background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif;
}
main {
  width: 100%; max-width: 26rem; padding: 2.75rem 2rem 2.5rem; text-align: center;
  background: var(--card); border: 1px solid var(--line); border-radius: 1rem;
  box-shadow: 0 1px 2px #0000000a, 0 12px 32px #00000012;
}
svg { width: 4rem; height: 4rem; fill: none; stroke: var(--mark); stroke-width: 3.5; stroke-linecap: round; stroke-linejoin: round }
circle { fill: var(--mark); fill-opacity: .12; stroke: none }
h1 { margin: 1.25rem 0 .5rem; font-size: 1.5rem; line-height: 1.25; font-weight: 650; letter-spacing: -.01em }
p { margin: .25rem 0 0; color: var(--soft); overflow-wrap: anywhere; text-wrap: balance }
p + p { margin-top: 1rem }
strong { color: var(--text); font-weight: 600 }
@media (prefers-reduced-motion: no-preference) {
  main { animation: rise .35s ease-out }
  @keyframes rise { from { opacity: 0; transform: translateY(.5rem) } }
}
`

function page(mood: Mood, mark: string, title: string, lines: readonly string[]): string {
  const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="10 10 28 28" fill="none" stroke="${ICON[mood]}" stroke-width="5" stroke-linecap="round">${mark}</svg>`
  return `<!doctype html>
<html lang="en" class="${mood}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon)}">
<style>${STYLE}</style>
</head>
<body>
<main>
<svg viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="24"/>${mark}</svg>
<h1>${title}</h1>
${lines.map((line) => `<p>${line}</p>`).join('\n')}
</main>
</body>
</html>
`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '')
}
