import type { ServerResponse } from 'node:http'
import { contentSecurityPolicy, type SignInPage } from './sign-in-page.ts'

/** Answers with a page that the person sees. */
export function sendPage(response: ServerResponse, { status, html }: SignInPage): void {
  send(response, status, html, { 'content-type': 'text/html; charset=utf-8' })
}

/** Answers with a line for whoever looks behind the page. */
export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  send(response, status, `${text}\n`, { 'content-type': 'text/plain; charset=utf-8', ...headers })
}

/** Sends an answer that is kept nowhere, tells nobody where it came from, and can load nothing. */
function send(response: ServerResponse, status: number, body: string, headers: Record<string, string>): void {
  response.writeHead(status, {
    'content-security-policy': contentSecurityPolicy(),
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    // A connection that is kept would keep the process.
    connection: 'close',
    ...headers,
  })
  response.end(body)
}
