import type { Points } from './points.ts'

/** Makes each signing by WebCrypto a point before and one after. */
export function signWithPoints(points: Points): void {
  const { subtle } = crypto
  const sign = subtle.sign.bind(subtle)
  const value: typeof sign = (...input) => points.around('sign', () => sign(...input))
  Object.defineProperty(subtle, 'sign', { configurable: true, value })
}
