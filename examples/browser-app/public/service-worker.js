// Keeps the app's own files, so that it starts without a network. No answer of another server passes through here.
const FILES = 'app-files'

addEventListener('install', (event) => event.waitUntil(keepFiles().then(() => skipWaiting())))
addEventListener('activate', (event) => event.waitUntil(clients.claim()))
addEventListener('fetch', (event) => {
  const { request } = event
  if (request.method !== 'GET' || new URL(request.url).origin !== location.origin) return
  event.respondWith(request.mode === 'navigate' ? openPage(event) : giveFile(request))
})

/** The newest page where there is a network. A sign-in that comes back with a code is a page too, and never kept. */
async function openPage(event) {
  try {
    const page = await fetch(event.request)
    event.waitUntil(keepFiles().catch(() => {})) // what is missing is asked for when it is used
    return page
  } catch {
    return (await caches.match('/')) ?? Response.error()
  }
}

async function giveFile(request) {
  return (await caches.match(request)) ?? fetch(request)
}

/** The page, and what the build lists. Names hold a hash of what is in them, so a known name is a known file. */
async function keepFiles() {
  const cache = await caches.open(FILES)
  const answer = await fetch('/files.json', { cache: 'no-cache' })
  const parts = Object.values(await answer.json())
  const names = new Set(parts.flatMap(({ file, css = [] }) => [file].concat(css)).map((file) => `/${file}`))
  const kept = new Set((await cache.keys()).map(({ url }) => new URL(url).pathname))
  await cache.addAll([...names].filter((name) => !kept.has(name)))
  await cache.addAll(['/', '/icon.svg'])
  // A tab that was opened before an update may still want an older part.
  const tabs = await clients.matchAll({ type: 'window' })
  if (tabs.length > 1) return
  for (const name of kept) if (name.startsWith('/assets/') && !names.has(name)) await cache.delete(name)
}
