// The part of a page that looks for other sessions than the one in use: what refreshes or signs in needs none of it.
export { findNewest, findSessions } from '../session/find-sessions.ts'
// With it: what lists.
export { writeEntries } from '../storage/indexeddb/write-entries.ts'
export { restoreAnother } from './restore-another.ts'
// As in each part of a page: see load-part.ts.
export { resume } from './resume.ts'
