// The part of a page that signs in and out, loaded when somebody does.
export { beginSignIn } from './begin-sign-in.ts'
export { finishRedirect } from './finish-redirect.ts'
export { leadToLoopback } from './lead-to-loopback.ts'
export { openDoor } from './open-door.ts'
