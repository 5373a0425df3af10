import type { Broadcast } from './seen.ts'

const RECORDS = 'records of a test'

/** What the tabs of this origin say to each other, on whatever channel: each tab that has one of these writes it down. */
export class Broadcasts {
  readonly seen: Broadcast[] = []
  #records: BroadcastChannel = this.#open()

  constructor() {
    const post = BroadcastChannel.prototype.postMessage
    const record = (broadcast: Broadcast) => Reflect.apply(post, this.#records, [broadcast])
    BroadcastChannel.prototype.postMessage = function (message: unknown) {
      record({ channel: this.name, message: asText(message) })
      Reflect.apply(post, this, [message])
    }
    // A page that is told something while it is kept for going back is kept no longer.
    addEventListener('pagehide', () => this.#records.close())
    addEventListener('pageshow', ({ persisted }) => {
      if (persisted) this.#records = this.#open()
    })
  }

  #open(): BroadcastChannel {
    const records = new BroadcastChannel(RECORDS)
    records.addEventListener('message', ({ data }: MessageEvent<Broadcast>) => this.seen.push(data))
    return records
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
