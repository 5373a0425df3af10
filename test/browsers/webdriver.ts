/** A driver of the WebDriver protocol that listens on this machine. */
export interface WebDriver {
  /**
   * Sends a command and gives its value.
   *
   * @throws Error with what the driver says
   */
  send(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown>
}

/** Speaks to the driver on a port. @see https://www.w3.org/TR/webdriver2/ */
export function webDriver(port: number): WebDriver {
  return {
    async send(method, path, body) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      })
      const value = propertyOf(await response.json(), 'value')
      if (response.ok) return value
      throw new Error(`${path}: ${String(propertyOf(value, 'error'))}: ${String(propertyOf(value, 'message'))}`)
    },
  }
}

/** A property of whatever a driver answered. */
export function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

/** A text in what a driver answered. */
export function textOf(value: unknown, name: string): string {
  const text = propertyOf(value, name)
  if (typeof text === 'string') return text
  throw new Error(`the driver answered without "${name}"`)
}
