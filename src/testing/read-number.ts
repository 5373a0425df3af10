/** A number that a test gave. @throws TypeError for NaN, an infinity, or less than `least` */
export function readNumber(name: string, value: number, least: number = -Infinity): number {
  if (Number.isFinite(value) && value >= least) return value
  const range = least === -Infinity ? '' : ` from ${least}`
  throw new TypeError(`${name}: expected a finite number${range}, found ${value}`)
}
