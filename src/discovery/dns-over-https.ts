import { DiscoveryError, wrongArgument } from '../errors.ts'
import { readJson } from '../http/body.ts'
import { createTransport, type TransportOptions } from '../http/create-transport.ts'
import { isEndpoint } from '../http/origin.ts'
import { isJsonObject } from '../syntax/shape.ts'
import { bareUrl, exchange, type Transport } from '../http/transport.ts'
import type { ResolveTxt } from './directory.ts'
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
    const request = { url: query.href, init: { headers: { accept: 'application/dns-json' } } }
    return exchange(transport, request, { signal }, async (response) => {
      const where = { url: bareUrl(url), response }
      if (!response.ok)
        throw new DiscoveryError('dns_failing', { ...where, field: 'status', found: response.status })
      const answer = await readJson(response, MAX_DNS_ANSWER_BYTES)
      const status = isJsonObject(answer) ? answer['Status'] : undefined
      if (!isJsonObject(answer) || !ANSWERS.has(status))
        throw new DiscoveryError('dns_failing', {
          ...where,
          field: 'Status',
          expected: '0 or 3',
          found: status ?? null,
        })
      const records: unknown = answer['Answer']
      return Array.isArray(records) ? records.flatMap(chunksOf) : []
    })
  }
}

/** A record's `data` is its chunks in quotes, or bare text from some servers. */
function chunksOf(record: unknown): readonly (readonly string[])[] {
  if (!isJsonObject(record) || record['type'] !== TXT || typeof record['data'] !== 'string') return []
  const quoted = [...record['data'].matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replace(/\\(.)/g, '$1'),
  )
  return [quoted.length > 0 ? quoted : [record['data']]]
}
