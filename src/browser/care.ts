// The part of a page that keeps sessions, loaded once the first one was restored.
export { findNewest, findSessions } from '../session/find-sessions.ts'
export { storageFailure } from '../storage/storage-failure.ts'
export { openEngine } from './open-engine.ts'
export { restoreAnother } from './restore-another.ts'
