import { defineConfig } from 'vite'

// Vite wants its configuration as a default export.
// oxlint-disable-next-line import/no-default-export
export default defineConfig({
  // The loopback client comes back to 127.0.0.1: `localhost` is another origin, with another storage.
  server: { host: '127.0.0.1' },
  preview: { host: '127.0.0.1' },
  build: {
    // Read by the service worker.
    manifest: 'files.json',
    // A `data:` URL in a style would need more of the Content-Security-Policy.
    assetsInlineLimit: 0,
  },
})
