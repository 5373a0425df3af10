// Written by `atproof types`: what is changed here is lost the next time.

import type {} from 'atproof/registry'

declare module 'atproof/registry' {
  interface Records {
    'com.example.note': ComExampleNote
  }
}

/** A few words of one's own. */
type ComExampleNote = {
  $type?: 'com.example.note' | undefined
  text: string
  createdAt: string
}
