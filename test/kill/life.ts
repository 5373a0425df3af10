/** When a process stood still, by the scaled clock. */
export interface Stop {
  readonly from: number
  to: number
  readonly why: 'killer' | 'machine'
}

/** One life of a child: from its start to its end. */
export interface Life {
  readonly number: number
  readonly slot: number
  /** When it was ready to work, or went on. */
  readyAt: number | undefined
  readonly stops: Stop[]
  endedAt: number | undefined
}

/** Whether it stands still by order. */
export function isStopped({ stops, endedAt }: Life): boolean {
  return endedAt === undefined && stops.at(-1)?.to === Infinity
}

/** The longest time that a process stood still of those that reach into a span. */
export function longestStop(life: Life, from: number, to: number): Stop | undefined {
  const stops = life.stops.filter((stop) => stop.from <= to && stop.to >= from)
  return stops.toSorted((a, b) => b.to - b.from - (a.to - a.from))[0]
}
