// The part of a page that signs in, loaded when somebody does.
export { writeEntries } from '../storage/indexeddb/write-entries.ts'
export { arrive } from './arrive.ts'
export { beginSignIn } from './begin-sign-in.ts'
export { openDoor } from './open-door.ts'
// As in each part of a page: see load-part.ts.
export { resume } from './resume.ts'
