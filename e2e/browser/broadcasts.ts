import type { Broadcast } from './seen.ts'

const RECORDS = 'records of a test'

/** What the tabs of this origin say to each other, on whatever channel: each tab that has one of these writes it down. */
export class Broadcasts {
  readonly seen: Broadcast[] = []

  constructor() {
    const post = BroadcastChannel.prototype.postMessage
    const records = new BroadcastChannel(RECORDS)
    const { seen } = this
    records.addEventListener('message', ({ data }: MessageEvent<Broadcast>) => seen.push(data))
    BroadcastChannel.prototype.postMessage = function (message: unknown) {
      Reflect.apply(post, records, [{ channel: this.name, message: asText(message) }])
      Reflect.apply(post, this, [message])
    }
  }
}

function asText(message: unknown): string {
  return JSON.stringify(message, (_, value: unknown) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.getPrototypeOf(value) !== Object.prototype
      ? Object.prototype.toString.call(value)
      : value,
  )
}
