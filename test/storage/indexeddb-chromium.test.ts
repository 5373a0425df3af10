import { proveInBrowser } from './indexeddb/prove-in-browser.ts'

proveInBrowser('chromium')
