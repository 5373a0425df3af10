import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  contentSecurityPolicy,
  failedPage,
  refusedPage,
  signedInPage,
  waitingPage,
} from '../../../src/node/sign-in-page.ts'

const PAGES = [
  ['signed in', signedInPage('alice.example.com')],
  ['refused', refusedPage()],
  ['failed', failedPage()],
  ['waiting', waitingPage()],
] as const

test.each(PAGES)('loads nothing from anywhere and runs nothing: %s', (_, { html }) => {
  expect(html.match(/(?:src|href)="[^"]*"/g)?.every((link) => link.startsWith('href="data:'))).toBe(true)
  expect(html).not.toMatch(/<script|<form|<iframe|url\(|@import| on\w+=| style=/i)
})

test.each(PAGES)('has the one style that its policy allows: %s', (_, { html }) => {
  const styles = [...html.matchAll(/<style>(.*?)<\/style>/gs)].map(([, style = '']) => style)
  const hashes = styles.map((style) => createHash('sha256').update(style).digest('base64'))
  expect(hashes.map((hash) => `'sha256-${hash}'`)).toEqual(contentSecurityPolicy().match(/'sha256-[^']+'/g))
})

test('shows the name of the account as text, whatever it is', () => {
  const { html } = signedInPage('<img src=x onerror="alert(1)">&')
  expect(html).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;')
  expect(html).not.toContain('<img')
})

test('says with its status whether the sign-in worked', () => {
  expect(PAGES.map(([, { status }]) => status)).toEqual([200, 400, 400, 404])
})
