import type { CallResult, WorkerOrder } from './seen.ts'

/** Has the app's service worker call, which runs without any page: it is registered where it is not there yet. */
export async function askServiceWorker(order: WorkerOrder): Promise<CallResult> {
  const { serviceWorker } = navigator
  await serviceWorker.register('/service-worker.js')
  const { active } = await serviceWorker.ready
  const { port1, port2 } = new MessageChannel()
  const { promise, resolve } = Promise.withResolvers<CallResult>()
  port1.addEventListener('message', ({ data }: MessageEvent<CallResult>) => resolve(data), { once: true })
  port1.start()
  active?.postMessage(order, [port2])
  return promise.finally(() => port1.close())
}
