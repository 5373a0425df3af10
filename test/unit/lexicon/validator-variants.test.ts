import { validator } from 'atproof/lexicon'
import { expect, test } from 'vitest'

const at = { type: 'string', format: 'datetime' }
const EVENT = { lexicon: 1, id: 'com.example.event', defs: { main: { type: 'object', properties: { at } } } }

/** A record that holds one of a union, which calls its variant so. */
function holding(ref: string): unknown {
  const record = { type: 'object', properties: { held: { type: 'union', refs: [ref] } } }
  return { lexicon: 1, id: 'com.example.holder', defs: { main: { type: 'record', key: 'tid', record } } }
}

test.each([
  ['com.example.event', 'com.example.event'],
  ['com.example.event#main', 'com.example.event'],
  ['com.example.event', 'com.example.event#main'],
  ['com.example.event#main', 'com.example.event#main'],
])('[K5] a variant that the lexicon calls %s is known as %s', (ref, $type) => {
  // Without its zone, which only the rules beyond @atproto/lexicon refuse.
  const held = { $type, at: '2026-01-31T12:00:00' }
  const mistake = validator([EVENT, holding(ref)]).findMistake('com.example.holder', {
    $type: 'com.example.holder',
    held,
  })
  expect(mistake).toMatchObject({ field: 'record.held.at' })
})
