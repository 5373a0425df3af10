// The part of a page that keeps sessions, loaded once the first one was restored.
export { writeEntries } from '../storage/indexeddb/write-entries.ts'
export { openUpkeep } from './open-upkeep.ts'
// As in each part of a page: see load-part.ts.
export { resume } from './resume.ts'
