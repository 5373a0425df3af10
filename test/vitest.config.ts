import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('..', import.meta.url))
// Not 'import', which vitest would have Node take for `require` as well.
const source = ['atproof-source', 'node']

// Eight projects: everything that needs no server, what compiles with two compilers, the storages on a real Redis and PostgreSQL, the whole path on the real
// network of e2e/network, sessions of other libraries there, processes that are killed, generated input for every parser,
// and the built package in other runtimes, with the drivers of browsers.
export default defineConfig({
  root,
  ssr: { resolve: { conditions: source } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [
            '**/node_modules/**',
            ...['runtime', 'browsers', 'fuzz', 'storage', 'servers', 'peers', 'kill', 'types'].map(
              (folder) => `test/${folder}/**`,
            ),
          ],
          // Those that compile, start processes or draw thousands of cases take their time on a busy machine.
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'types',
          include: ['test/types/*.test.ts'],
          globalSetup: ['test/types/install-typescript.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'storage',
          include: ['test/storage/**/*.test.ts', 'test/servers/**/*.test.ts'],
          globalSetup: ['test/browsers/install-browsers.ts', 'test/servers/start-servers.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          exclude: ['**/node_modules/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'peers',
          include: ['test/peers/*.test.ts', 'test/peers/clients/*.test.ts'],
          globalSetup: ['test/peers/install-peers.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'kill',
          include: ['test/kill/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          // Its clocks run fast, so that it wants the machine for itself.
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'fuzz',
          include: ['test/fuzz/*.test.ts'],
          globalSetup: ['test/fuzz/count-cases.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'runtime',
          include: ['test/runtime/*.test.ts', 'test/browsers/*.test.ts'],
          globalSetup: ['test/browsers/install-browsers.ts'],
          testTimeout: 60_000,
          hookTimeout: 90_000,
        },
      },
    ],
  },
})
