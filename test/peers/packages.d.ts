// What is used of the packages here, so that types check before they are installed.

declare module '@atproto/oauth-client-node' {
  type JoseKey = object
  export const JoseKey: { fromImportable(input: object, kid: string): Promise<JoseKey> }

  interface SimpleStore<Value> {
    get(key: string): Promise<Value | undefined>
    set(key: string, value: Value): Promise<void>
    del(key: string): Promise<void>
  }

  export class NodeOAuthClient {
    constructor(options: {
      clientMetadata: object
      keyset?: JoseKey[]
      allowHttp: boolean
      plcDirectoryUrl: string
      handleResolver: string
      requestLock: <T>(name: string, run: () => T | PromiseLike<T>) => Promise<T>
      stateStore: SimpleStore<object>
      sessionStore: SimpleStore<object>
    })
    authorize(input: string, options?: { scope?: string }): Promise<URL>
    callback(parameters: URLSearchParams): Promise<{ session: { fetchHandler(path: string): Promise<Response> } }>
    restore(did: string, refresh?: boolean): Promise<{ fetchHandler(path: string): Promise<Response> }>
  }
}

declare module '@atcute/identity-resolver' {
  export const PlcDidDocumentResolver: new (options: { apiUrl: string }) => object
  export const XrpcHandleResolver: new (options: { serviceUrl: string }) => object
  export const LocalActorResolver: new (options: { handleResolver: object; didDocumentResolver: object }) => object
}

declare module '@atcute/oauth-node-client' {
  interface Store<Value> {
    get(key: string): Promise<Value | undefined>
    set(key: string, value: Value): Promise<void>
    delete(key: string): Promise<void>
    clear(): Promise<void>
  }

  export class OAuthClient {
    constructor(options: {
      metadata: object
      keyset?: object[]
      actorResolver: object
      stores: { sessions: Store<object>; states: Store<object> }
    })
    readonly metadata: object & { readonly client_id: string }
    // Not public, and the only way to let it talk to a server on this machine.
    readonly resolver: Record<'protectedResourceResolver' | 'authorizationServerResolver', { allowHttp: boolean }>
    authorize(options: { target: { type: 'account'; identifier: string } }): Promise<{ url: URL }>
    callback(
      parameters: URLSearchParams,
    ): Promise<{ session: { handle(path: string, init: object): Promise<Response> } }>
    restore(
      did: string,
      options?: { refresh: boolean },
    ): Promise<{ handle(path: string, init: object): Promise<Response> }>
  }
}
