import type { RequestListener } from 'node:http'

/** Pages that stand in the place of an app's own. */
export class Pages {
  readonly #documents = new Map<string, object | undefined>()

  /** Serves a JSON document at a path. */
  serve(path: string, document: object): void {
    this.#documents.set(path, document)
  }

  /** Has nothing at a path, whatever the app has there. */
  hide(path: string): void {
    this.#documents.set(path, undefined)
  }

  /** The app behind these pages. */
  before(app: RequestListener): RequestListener {
    return (request, response) => {
      const path = request.url?.split('?')[0] ?? '/'
      if (!this.#documents.has(path)) return app(request, response)
      const document = this.#documents.get(path)
      // As the PDS answers: a web page may read it.
      response.writeHead(document ? 200 : 404, {
        'access-control-allow-origin': '*',
        'content-type': 'application/json',
      })
      response.end(JSON.stringify(document))
    }
  }
}
