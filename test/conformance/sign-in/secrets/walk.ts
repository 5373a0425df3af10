import type { AtproofError } from 'atproof'
import { failureOf } from '../../scene.ts'
import type { WatchedScene } from './watched-scene.ts'

/** One way to an error: what happens in words, and how it is brought about. */
export type Walk = readonly [title: string, provoke: (scene: WatchedScene) => Promise<AtproofError>]

/** Every code of a family with the ways to it: one that is added to the family and not here does not compile. */
export type Walks<Code extends string> = Readonly<Record<Code, readonly [Walk, ...Walk[]]>>

/** Begins a sign-in that fails, after the world went wrong. By a deployment that remembers nothing of the world before. */
export function beginning(identifier: string, spoil: (scene: WatchedScene) => void = () => {}): Walk[1] {
  return (scene) => {
    spoil(scene)
    return failureOf(scene.deploy().authorize(identifier))
  }
}

/** Finishes a sign-in after the server was told to go wrong, or the callback was changed on its way. */
export function ending(spoil: (scene: WatchedScene, callback: URL) => URL | void, identifier?: string): Walk[1] {
  return async (scene) => {
    const { callback, context } = await scene.consent(identifier)
    return failureOf(scene.oauth.callback(spoil(scene, callback) ?? callback, { context }))
  }
}

/** The same callback with other parameters. */
export function changed(url: URL, change: (params: URLSearchParams) => void): URL {
  const copy = new URL(url)
  change(copy.searchParams)
  return copy
}

/** A server that repeats everything it was sent, in each place that an error has for words. */
export async function echo(request: Request, error = 'invalid_request', status = 400): Promise<Response> {
  const words = await wordsOf(request)
  return Response.json({ error, error_description: words, error_uri: words, message: words }, { status })
}

/** What a server was sent. The short ones first: a message shows 200 characters, and they would be among those. */
async function wordsOf(request: Request): Promise<string> {
  const form = new URLSearchParams(await request.text())
  const secrets = ['state', 'code', 'code_verifier', 'refresh_token', 'token', 'client_assertion'].map((name) =>
    form.get(name),
  )
  const words = [...secrets.filter((word) => word !== null), request.headers.get('dpop') ?? '']
  return words.toSorted((a, b) => a.length - b.length).join(' ')
}

/** A server that answers with a field of the form for its error code. */
export function echoAsError(field: string): (request: Request) => Promise<Response> {
  return async (request) => {
    const form = new URLSearchParams(await request.text())
    return Response.json({ error: form.get(field) }, { status: 400 })
  }
}

/** A server that repeats what it was sent in its headers: as a challenge, as a place, as something of its own. */
export async function echoInHeaders(request: Request): Promise<Response> {
  const words = await wordsOf(request)
  const challenge = `DPoP error="${words}"`
  const headers = { 'www-authenticate': challenge, 'x-request': words, location: `/?${encodeURIComponent(words)}` }
  return new Response('', { status: 401, headers })
}

export function echoProof({ headers }: Request): Response {
  return Response.json({ error: 'invalid_request', error_description: headers.get('dpop') }, { status: 400 })
}

/** A proxy that fails, and shows the whole request for it. */
export async function echoAsBody(request: Request): Promise<Response> {
  return new Response(await request.text(), { status: 502 })
}

/** The true answer in another wrapping. */
export function rewrap(init: ResponseInit, padding = ''): (response: Response) => Promise<Response> {
  return async (response) => new Response((await response.text()) + padding, init)
}
