import { isLoopbackHost } from '../http/address.ts'
import { parseOrigin } from '../http/origin.ts'
import type { Transport } from '../http/transport.ts'
import { isAtprotoDid } from '../syntax/account-did.ts'
import { type Handle, isResolvable, readHandle } from '../syntax/handle.ts'
import { parseUrl } from '../syntax/parse-url.ts'
import { LONGEST_GUESS, withoutEdges } from './identifier.ts'

type Allowed = Pick<Transport, 'allowLoopback'>

/** What is not seen, and no blank. */
const UNSEEN = /(?![\t\n\v\f\r])[\p{C}\p{Default_Ignorable_Code_Point}\u2800]/gu
/** What some keyboards give for a dot, and a blank that slips in beside it. */
const DOTS = /\s*[.,\u3001\u3002]\s*/gu
const NOT_ASCII = /[^\p{ASCII}\s]/u

/** Says what to type instead of what is no handle. Undefined where nothing better is known than to check the spelling. */
export function whatToType(transport: Allowed, typed: string): string | undefined {
  if (typed.length > LONGEST_GUESS) return undefined
  const name = withoutEdges(typed)
  return (
    whatWasMeant(transport, typed) ??
    wholeHandle(transport, name) ??
    serverWithPort(transport, name) ??
    handleAlone(name) ??
    inAscii(transport, name)
  )
}

/** Says what to type where this is a handle, DID or server but for what is around it or not seen within it. */
export function whatWasMeant(transport: Allowed, typed: string): string | undefined {
  const meant = guess(transport, typed)
  const [unseen] = withoutEdges(typed).match(UNSEEN) ?? []
  if (unseen === undefined) return meant && `type ${meant}`
  const hint = `what was typed holds a character that is not seen (${codePoint(unseen)})`
  return `${meant === undefined ? 'type it by hand' : `type ${meant}`}: ${hint}`
}

/** Reads a handle that may be looked up. */
export function readResolvable(transport: Allowed, text: string): Handle | undefined {
  const handle = readHandle(text)
  return handle !== undefined && isResolvable(handle, transport) ? handle : undefined
}

/** For a name that lacks its domain. */
export function wholeHandle(transport: Allowed, name: string): string | undefined {
  if (!/^[a-z0-9-]+$/i.test(name)) return undefined
  const word = name.toLowerCase()
  if (word === 'localhost') return serverInDevelopment(transport, 'http://localhost:2583')
  const whole = readResolvable(transport, `${word}.bsky.social`)
  // A top-level domain that nobody is asked about is not the name of somebody either.
  const isName = isResolvable(`name.${word}`, { allowLoopback: new Set() })
  return whole !== undefined && isName ? `type the whole handle, such as ${whole}` : undefined
}

/** What was most likely meant: what stands there without what cannot be part of it. Never more than a proposal. */
function guess(transport: Allowed, typed: string): string | undefined {
  if (typed.length > LONGEST_GUESS) return undefined
  // Letters of full width, as keyboards for Chinese and Japanese give them, become those of ASCII by it.
  const text = typed.normalize('NFKC').replace(UNSEEN, '')
  const bare = withoutEdges(text)
  const server = text.trim().replace(/^["'<([]+|["'>)\]]+$/g, '')
  return (
    didOf(bare) ??
    readResolvable(transport, bare) ??
    parseOrigin(transport, server) ??
    joined(transport, text, bare)
  )
}

/** The one handle within a text, or the labels of one with something else between them than dots. */
function joined(transport: Allowed, text: string, bare: string): Handle | undefined {
  const parts = text.split(/[\s,]+/)
  if (parts.filter((part) => readHandle(withoutEdges(part)) !== undefined).length > 1) return undefined
  const mention = parts.find((part) => /^[^\p{L}\p{N}]*@/u.test(part))
  const mentioned = mention && readResolvable(transport, withoutEdges(mention))
  if (mentioned) return mentioned
  const labels = bare.replace(DOTS, '.')
  if (labels.includes('.')) return readResolvable(transport, labels)
  // Two words are rather the name of somebody.
  const words = labels.split(/\s+/)
  return words.length > 2 ? readResolvable(transport, words.join('.')) : undefined
}

function didOf(text: string): string | undefined {
  return [text, text.toLowerCase()].find((did) => isAtprotoDid(did))
}

/** For the host of a server and its port. */
function serverWithPort(transport: Allowed, text: string): string | undefined {
  const { host, port } = /^(?<host>[^\s:/]+):(?<port>\d{1,5})$/.exec(text)?.groups ?? {}
  if (host === undefined) return undefined
  if (isLoopbackHost(host.toLowerCase())) return serverInDevelopment(transport, `http://${host}:${port}`)
  const handle = readResolvable(transport, host)
  const origin = parseOrigin(transport, `https://${host}:${port}`)
  if (handle === undefined || origin === undefined) return undefined
  return `type ${handle} where this is a handle, or ${origin} where it is a server`
}

function serverInDevelopment(transport: Allowed, origin: string): string {
  if (transport.allowLoopback.has(origin)) return `type ${origin}`
  return `for development, type the URL of a server, such as ${origin}, and name it in \`allowLoopback\``
}

/** For a handle, or something else, that has company. */
function handleAlone(text: string): string | undefined {
  if (!/[\s/]/.test(text)) return undefined
  return 'type the handle alone, such as alice.example.com: it has neither blanks nor slashes'
}

/** For letters that no handle has. */
function inAscii(transport: Allowed, text: string): string | undefined {
  const [letter] = NOT_ASCII.exec(text) ?? []
  if (letter === undefined) return undefined
  const form = punycode(transport, text) ?? 'xn--…'
  return (
    `a handle has ASCII letters, digits and hyphens, and ${codePoint(letter)} is none of them; ` +
    `type an internationalised name in its punycode form: ${form}`
  )
}

function punycode(transport: Allowed, text: string): Handle | undefined {
  const isName = text.length <= 253 && !/[\s/:?#@\\%]/.test(text)
  const url = isName ? parseUrl(`https://${text}`) : undefined
  return url && readResolvable(transport, url.hostname)
}

function codePoint(letter: string): string {
  return `U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
