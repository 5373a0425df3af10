import { fakeNetwork } from 'atproof/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { type RunningWorker, startWorker } from './runtimes/workerd.ts'

const ENTRY = new URL('entry-shared-worker.ts', import.meta.url)
const HANDLE = 'alice.example.com'
const PDS = 'https://pds.example.com'
/** Of real time, for each answer of the network: long enough that two requests meet. */
const DELAY_MS = 200

const running: RunningWorker[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((worker) => worker.close()))
})

/** Alice's network, and an isolate that looks her up for each request. */
async function scene(compatibilityDate?: string) {
  const network = fakeNetwork()
  network.createAccount(HANDLE)
  const outside = async (url: string) => {
    await pause(DELAY_MS)
    return network.fetch(url)
  }
  const worker = await startWorker(ENTRY, { outside, ...(compatibilityDate && { compatibilityDate }) })
  running.push(worker)
  const ask = async (signal?: AbortSignal) =>
    (await worker.fetch(`http://worker.invalid/${HANDLE}`, signal ? { signal } : {})).text()
  return { network, ask }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

// There, what one request fetches another must not wait for: it fails, or hangs for good.
describe('requests of one isolate in workerd', () => {
  test('[A17] find an account at the same time, and share what was found', async () => {
    const { network, ask } = await scene()
    const first = ask()
    await pause(DELAY_MS / 2)
    expect(await Promise.all([first, ask()])).toEqual([PDS, PDS])
    expect(network.log.count(/plc\.directory/)).toBe(2)
    expect(await ask()).toBe(PDS)
    expect(network.log.count(/plc\.directory/)).toBe(2)
  })

  test('[A17] find it where the request that asked first is given up', async () => {
    const { ask } = await scene()
    const controller = new AbortController()
    const leaving = expect(ask(controller.signal)).rejects.toBeDefined()
    await pause(DELAY_MS / 2)
    const staying = ask()
    await pause(DELAY_MS / 2)
    controller.abort()
    await leaving
    expect(await staying).toBe(PDS)
  })

  test('find it where fetch knows no cache mode yet', async () => {
    const { ask } = await scene('2023-01-01')
    expect(await ask()).toBe(PDS)
  })
})
