// The part of a page that looks for other sessions than the one in use: what refreshes or signs in needs none of it.
export { findNewest, findSessions } from '../session/find-sessions.ts'
// Listing a database comes with what writes it.
export { writeEntries } from '../storage/indexeddb/write-entries.ts'
export { restoreAnother } from './restore-another.ts'
// As in each part of a page: see load-part.ts.
export { resume } from './resume.ts'
