import type { Answer } from '../plain-client.ts'

/** A mistake, and how both servers answer it: `400 invalid_grant`. */
export type Mistake<Subject> = readonly [
  title: string,
  outcome: string,
  make: (subject: Subject) => Promise<Answer<object>>,
]

/** A mistake with something at stake, a code or a session, and whether that can be used afterwards. */
export type StakedMistake<Subject> = readonly [
  title: string,
  outcome: string,
  fate: 'lives' | 'ends',
  make: (subject: Subject) => Promise<Answer<object>>,
]

/** A signature that nobody made. */
export function unsigned(header: object, payload: object, signature = ''): string {
  const parts = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  return `${parts.join('.')}.${signature}`
}
