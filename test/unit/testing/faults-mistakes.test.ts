import { fakeNetwork, type Fault } from 'atproof/testing'
import { expect, test } from 'vitest'

const path = '/oauth/token'

test.each<[object | undefined, string]>([
  [undefined, 'fault: expected an object, found undefined'],
  [{ path }, 'fault: expected one of respond, redirect, status, refuse, lose, hang,'],
  [{ path, lsoe: 'answer' }, 'found path, lsoe'],
  [{ path, lose: 'anwser' }, "fault.lose: expected 'request' or 'answer', found 'anwser'"],
  [
    { path, lose: 'answer', tiems: 2 },
    'fault: expected path, times, when, skipChallenges, lose for lose; found tiems',
  ],
  [{ path, lose: 'answer', hang: 'answer' }, 'for lose; found hang'],
  [{ path, refuse: true, skipChallenges: true }, 'for refuse; found skipChallenges'],
  [{ path, refuse: false }, 'fault.refuse: expected true, found false'],
  [
    { path, refuse: true, times: Number.NaN },
    'fault.times: expected a whole number from 0, or Infinity, found NaN',
  ],
  [{ path, refuse: true, times: -1 }, 'fault.times:'],
  [{ path, refuse: true, times: 1.5 }, 'fault.times:'],
  [{ path, refuse: true, times: '2' }, "found '2'"],
  [{ path, refuse: true, when: true }, 'fault.when: expected a function, found true'],
  [{ path, delay: 'answer' }, 'fault.ms: expected a number of ms from 0, found undefined'],
  [{ path, delay: 'answer', ms: Number.NaN }, 'fault.ms:'],
  [{ path, delay: 'answer', ms: -1 }, 'fault.ms:'],
  [{ path, delay: 'answer', ms: Infinity }, 'fault.ms:'],
  [{ path, hang: 'response' }, "fault.hang: expected 'request' or 'answer' or 'body', found 'response'"],
  [{ path, respond: Response.json({}) }, 'fault.respond: expected a function, found object'],
  [{ path, alter: undefined, json: {} }, 'fault.json: expected a function, found object'],
  [{ path, status: 99 }, 'fault.status: expected a status from 200 to 599, found 99'],
  [{ path, status: 600 }, 'fault.status:'],
  [{ path, status: 200.5 }, 'fault.status:'],
  [{ path, status: 500, headers: { 'no name': 'x' } }, 'fault.headers: expected names and values of headers'],
  [{ path, status: 500, body: {} }, 'fault.body: expected a string, found object'],
  [{ path, redirect: 1 }, 'fault.redirect: expected a URL, found 1'],
  [{ path, redirect: '/', status: 200 }, 'fault.status: expected 301 or 302 or 303 or 307 or 308, found 200'],
  [
    { path, body: 'truncated' },
    "expected 'html' or 'empty' or 'cut-off' or 'half' or 'huge' or 'array' or 'text'",
  ],
  [{ path, body: 'html', skipChallenges: 1 }, 'fault.skipChallenges: expected true or false, found 1'],
  [{ path, set: null }, 'fault.set: expected an object, found null'],
  [{ path, omit: '' }, "fault.omit: expected a name, found ''"],
  [{ path, nonce: 'old' }, "fault.nonce: expected 'missing' or 'wrong' or 'stale', found 'old'"],
  [{ path, challenge: 'two' }, 'fault.challenge:'],
  [{ path, rotation: 'lost' }, "fault.rotation: expected 'fails', found 'lost'"],
  [{ path, tokenCheck: true }, "fault.tokenCheck: expected 'fails', found true"],
  [{ path, txt: ['did=did:plc:a'] }, 'fault.txt: expected a list of records, each a list of its chunks'],
  [{ refuse: true }, 'fault.path: expected a path such as /xrpc/com.example.get'],
  [{ path: '', refuse: true }, 'fault.path:'],
  [{ path: '/oauth/token?a=b', refuse: true }, 'fault.path:'],
  [{ path: 'oauth/token', refuse: true }, 'fault.path:'],
])('refuses %o at once', (fault, message) => {
  const network = fakeNetwork()
  expect(() => network.fault(fault as Fault)).toThrow(TypeError)
  expect(() => network.fault(fault as Fault)).toThrow(message)
})

test.each<Fault>([
  { path: '_atproto.alice.test', txt: [] },
  { path: 'https://alice.test', refuse: true },
  { path, refuse: true, times: Infinity },
  { path, delay: 'answer', ms: 0 },
  { path, redirect: '/other', status: 303 },
])('takes %o', (fault) => {
  expect(fakeNetwork().fault(fault).count).toBe(0)
})
