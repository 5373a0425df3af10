import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'

const PROGRAM = fileURLToPath(new URL('returning-user.ts', import.meta.url))
const HEAVY = /\/node_modules\/(?:zod|jose|@atproto\/did)\//

interface Report {
  readonly lightPath: readonly string[]
  readonly all: readonly string[]
  readonly asked: readonly string[]
}

let report: Report

beforeAll(async () => {
  const options = ['--conditions=atproof-source', PROGRAM]
  const { stdout } = await promisify(execFile)(process.execPath, options)
  report = JSON.parse(stdout) as Report
})

test('restores, calls, refreshes and confirms the issuer without a schema, DID parser or jose', () => {
  expect(report.asked).toEqual([
    '/xrpc/com.atproto.server.getSession',
    '/did:plc:aaaaaaaaaaaaaaaaaaaaaaaa',
    '/.well-known/oauth-protected-resource',
    '/.well-known/oauth-authorization-server',
    '/oauth/token',
    '/xrpc/com.atproto.server.getSession',
    '/.well-known/atproto-did',
  ])
  expect(report.lightPath.filter((url) => HEAVY.test(url))).toEqual([])
  expect(report.lightPath.some((url) => url.endsWith('/src/session/spend-refresh-token.ts'))).toBe(true)
  expect(report.lightPath.some((url) => url.endsWith('/src/session/start-session.ts'))).toBe(false)
})

test('loads what signing in takes once somebody signs in, and no package of others for it', () => {
  expect(report.all.some((url) => url.endsWith('/src/flow/authorize.ts'))).toBe(true)
  expect(report.all.filter((url) => /\/node_modules\/(?:zod|@atproto)\//.test(url))).toEqual([])
})
