import type { ErrorFacts } from '../errors/atproof-error.ts'
import { DiscoveryError } from '../errors/discovery-error.ts'
import { wrongArgument } from '../errors/wrong-argument.ts'
import { readJson } from '../http/body.ts'
import { createTransport, type ResolveTxt, type TransportOptions } from '../http/create-transport.ts'
import { exchange, pastCaches } from '../http/exchange.ts'
import { isEndpoint } from '../http/origin.ts'
import { bareUrl, type Transport } from '../http/transport.ts'
import { isJsonObject } from '../syntax/shape.ts'
import { MAX_DNS_ANSWER_BYTES } from './limits.ts'

/** The type of a TXT record, and the two states that are an answer: no error, no such name (RFC 1035 §3.2.2, §4.1.1). */
const TXT = 16
const ANSWERS: ReadonlySet<unknown> = new Set([0, 3])

/**
 * Looks up TXT records over HTTPS, for the option `resolveTxt`. The server learns which handles are looked up, and from
 * which address.
 *
 * @example
 * const resolveTxt = dnsOverHttps('https://dns.google/resolve')
 * const { did } = await resolveIdentity('alice.example.com', { resolveTxt })
 * @param url the endpoint of a server that speaks `application/dns-json`
 * @throws TypeError for what is no https URL
 */
export function dnsOverHttps(url: string, options: TransportOptions = {}): ResolveTxt {
  const transport = createTransport(options)
  if (!isEndpoint(transport, url)) throw wrongArgument('url', 'the https URL of a DNS-over-HTTPS server', url)
  return lookUpOverHttps(transport, url)
}

/**
 * Looks up TXT records at a server that speaks `application/dns-json`.
 *
 * @see RFC 8484 for the idea; the JSON form is the one that public resolvers share
 */
export function lookUpOverHttps(transport: Transport, url: string): ResolveTxt {
  return (name, { signal }) => {
    const query = new URL(url)
    query.searchParams.set('name', name)
    query.searchParams.set('type', 'TXT')
    const init = { headers: { accept: 'application/dns-json' }, ...pastCaches(transport) }
    return exchange(transport, { url: query.href, init }, { signal }, async (response) => {
      const fail = (facts: ErrorFacts) =>
        new DiscoveryError('dns_failing', { ...facts, url: bareUrl(url), response })
      if (!response.ok) {
        response.body?.cancel().catch(() => {}) // nobody reads it
        throw fail({ field: 'status', found: response.status })
      }
      const answer = await readJson(response, MAX_DNS_ANSWER_BYTES)
      const { Status: state, Answer: records } = isJsonObject(answer) ? answer : {}
      if (!ANSWERS.has(state)) throw fail({ field: 'Status', expected: '0 or 3', found: state ?? null })
      return Array.isArray(records) ? records.flatMap(chunksOf) : []
    })
  }
}

/** A text of nothing but chunks in quotes, as zone files have them (RFC 1035 §5.1). */
const CHUNKS = /^(?:[ \t]*"(?:[^"\\]|\\.)*")+[ \t]*$/s
/** One of them. */
const CHUNK = /"((?:[^"\\]|\\.)*)"/gs

/** A record's `data` is its chunks in quotes, or bare text from some servers. What is half of either is no record. */
function chunksOf(record: unknown): readonly (readonly string[])[] {
  if (!isJsonObject(record) || record['type'] !== TXT || typeof record['data'] !== 'string') return []
  const data = record['data']
  if (!/^[ \t]*"/.test(data)) return [[data]]
  if (!CHUNKS.test(data)) return []
  return [Array.from(data.matchAll(CHUNK), ([, chunk = '']) => unescape(chunk))]
}

/** `\DDD` is the byte of that number, and `\X` is X. A DID is ASCII: what a byte beyond it means does not matter. */
function unescape(text: string): string {
  return text.replace(/\\(?:(\d{3})|(.))/gs, (_, digits: string | undefined, letter: string) =>
    digits === undefined ? letter : String.fromCharCode(Number(digits)),
  )
}
