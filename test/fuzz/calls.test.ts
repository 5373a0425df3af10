import * as fc from 'fast-check'
import { expect } from 'vitest'
import type { Call } from '../../src/xrpc/call.ts'
import type { OutgoingInput } from '../../src/xrpc/json-input.ts'
import { planCall } from '../../src/xrpc/plan-call.ts'
import { type CallPlan, planUsualCall } from '../../src/xrpc/plan-usual-call.ts'
import { garbage } from './arbitraries.ts'
import { fuzzAsync } from './fuzz.ts'

const value = fc.oneof(
  fc.jsonValue(),
  garbage,
  fc.constantFrom(undefined, null, 1n, 1.5, Number.NaN, new Date(0), new Map(), () => 'x'),
)
const params = fc.dictionary(fc.constantFrom('limit', 'tags', '__proto__', 'a b', ''), value)
const body = fc.constantFrom(new Uint8Array(2), new Blob(['x']), new FormData(), new URLSearchParams())

const options = fc.record(
  {
    params: fc.oneof({ weight: 4, arbitrary: params }, value),
    input: fc.oneof(value, body),
    signal: fc.oneof(fc.constant(new AbortController().signal), value),
    headers: value,
    timeoutMs: value,
    as: fc.oneof(fc.constantFrom('bytes', 'stream'), value),
    encoding: fc.oneof(fc.constant('image/png'), value),
    constructor: value,
  },
  { requiredKeys: [] },
)

/** A call as plain JavaScript can make it, most of them usual ones. */
const calls = fc.record({
  nsid: fc.oneof({ weight: 8, arbitrary: fc.constant('com.example.getThings') }, garbage, value),
  method: fc.constantFrom('GET', 'POST'),
  options: fc.oneof({ weight: 8, arbitrary: options }, value),
}) as fc.Arbitrary<Call>

/** What goes out, or what is said of a mistake. */
async function outcome(plan: () => CallPlan | undefined) {
  try {
    const planned = plan()
    if (!planned) return undefined
    const { path, headers, settings, makeInput } = planned
    const { body: make, ...input }: OutgoingInput = await makeInput()
    return { path, headers: [...headers], settings, input, body: await make?.() }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return { says: error.message }
  }
}

fuzzAsync(
  '[J1] [J2] [J3] a usual call goes out, or is refused, as it would be where it is looked at closely',
  4000,
  calls,
  async (call) => {
    const usual = await outcome(() => planUsualCall(call))
    if (usual) expect(usual).toEqual(await outcome(() => planCall(call, {})))
  },
)

fuzzAsync('[J1] a call with parameters and nothing else is a usual one', 1000, params, async (given) => {
  const call: Call = { nsid: 'com.example.getThings', method: 'GET', options: { params: given } }
  expect(await outcome(() => planUsualCall(call))).toBeDefined()
})
