import { wrongArgument } from '../errors/wrong-argument.ts'
import { type Clock, systemClock } from '../http/clock.ts'
import { type Random, systemRandom } from '../http/random.ts'
import { isJsonObject } from '../syntax/shape.ts'
import { assertOptions, type OptionRules } from './assert-options.ts'

/** Options of `createTid`. */
export interface CreateTidOptions {
  /** The TID that the new one is to come after, whatever the clock says. @default none */
  readonly after?: string | undefined
  /** @default the machine's */
  readonly clock?: Clock | undefined
  /** @default the runtime's */
  readonly random?: Random | undefined
}

const DIGITS = '234567abcdefghijklmnopqrstuvwxyz'
const TID = /^[2-7a-j][2-7a-z]{12}$/
const RULES: OptionRules = {
  after: ['a TID such as 3jzfcijpj2z2a', (value) => typeof value === 'string' && TID.test(value)],
  clock: ['a clock', (value) => isJsonObject(value) && typeof value['now'] === 'function'],
  random: ['a function', (value) => typeof value === 'function'],
}

/** Of the 64 bits: a zero, microseconds since the epoch, and these, which tell apart who made them. */
const MAKER_BITS = 10n
const LAST_MICROSECOND = 2n ** 53n - 1n

/**
 * Makes a record key of the time, as servers do where none is given (TID). For a record whose key must be known before it
 * is written: a call that was lost can be made again without making two, and records written together can name each
 * other. Keys of one millisecond are in no order, unless each is made `after` the one before.
 *
 * @example
 * const rkey = createTid()
 * await client.records('com.example.note').create({ text: 'hello' }, { rkey })
 * @throws TypeError for options of the wrong kind
 * @see https://atproto.com/specs/tid
 */
export function createTid(options: CreateTidOptions = {}): string {
  assertOptions('options', options, RULES)
  const { after, clock = systemClock, random = systemRandom } = options
  const [a = 0, b = 0, c = 0, d = 0] = random(4)
  // A clock tells milliseconds: what is finer is drawn.
  const now = BigInt(Math.floor(clock.now())) * 1000n + BigInt(((a << 8) | b) % 1000)
  const earliest = after === undefined ? 0n : (decode(after) >> MAKER_BITS) + 1n
  const microseconds = now > earliest ? now : earliest
  if (microseconds > LAST_MICROSECOND) throw wrongArgument('after', 'a TID that another can follow', after)
  return encode((microseconds << MAKER_BITS) | BigInt(((c << 8) | d) & 1023))
}

function encode(bits: bigint): string {
  return Array.from({ length: 13 }, (_, at) => DIGITS[Number((bits >> BigInt(60 - 5 * at)) & 31n)]).join('')
}

function decode(tid: string): bigint {
  return Array.from(tid, (digit) => BigInt(DIGITS.indexOf(digit))).reduce(
    (bits, digit) => (bits << 5n) | digit,
    0n,
  )
}
