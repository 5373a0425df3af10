// No runtime has an assertion library of its own that all others have. What is stored stays out of the messages: an
// engine may be tried over data that is somebody's.

/** Throws unless something is so. The words say what it should be and what it is, without what is stored. */
export function expectThat(isSo: boolean, expected: string, found: string): asserts isSo {
  if (!isSo) throw new Error(`expected ${expected}, found ${found}`)
}

/** Throws unless a value came back as it was given: names the place that differs, and its kind. */
export function expectSame(found: unknown, given: unknown, path = 'the value'): void {
  if (found === given) return
  if (Array.isArray(given) && Array.isArray(found)) {
    expectThat(found.length === given.length, `${path} with ${given.length} items`, String(found.length))
    for (const [at, item] of given.entries()) expectSame(found[at], item, `${path}[${at}]`)
    return
  }
  expectThat(isObject(given) && isObject(found), `${path} as it was given, ${kindOf(given)}`, kindOf(found))
  const [names, foundNames] = [Object.keys(given).toSorted(), Object.keys(found).toSorted()]
  const isSameNames = names.length === foundNames.length && names.every((one, at) => one === foundNames[at])
  expectThat(isSameNames, `the same ${names.length} names in ${path}`, `${foundNames.length}, or other ones`)
  for (const one of names) expectSame(found[one], given[one], `${path}.${JSON.stringify(one)}`)
}

/** Throws unless these are the same keys, each of them once, in any order. */
export function expectKeys(found: readonly string[], expected: readonly string[], what: string): void {
  const [seen, wanted] = [new Set(found), new Set(expected)]
  expectThat(seen.size === found.length, `each key once in ${what}`, `${found.length - seen.size} more than once`)
  const missing = expected.filter((key) => !seen.has(key))
  const foreign = found.filter((key) => !wanted.has(key))
  expectThat(missing.length === 0, `${firstOf(missing)} in ${what}`, 'it is missing')
  expectThat(foreign.length === 0, `${what} without ${firstOf(foreign)}`, 'it is there')
}

/** The first of some keys, and how many more there are. */
function firstOf(keys: readonly string[]): string {
  const more = keys.length > 1 ? ` and ${keys.length - 1} more` : ''
  return JSON.stringify(keys[0]?.slice(0, 100)) + more
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function kindOf(value: unknown): string {
  if (typeof value === 'string') return `a text of ${value.length} characters`
  if (Array.isArray(value)) return 'an array'
  if (value === null) return 'null'
  if (typeof value === 'boolean') return String(value)
  return typeof value === 'object' ? 'an object' : typeof value === 'undefined' ? 'nothing' : `a ${typeof value}`
}
