import { wrongArgument } from '../errors/wrong-argument.ts'
import { systemClock } from '../http/clock.ts'
import { createTransport, type TransportOptions } from '../http/create-transport.ts'
import { parseOrigin } from '../http/origin.ts'
import { type Random, systemRandom } from '../http/random.ts'
import type { Did } from '../syntax/did.ts'
import { assertOptions, SETTINGS } from './assert-options.ts'
import * as parts from './call-parts.ts'
import { Client, type SessionOptions } from './client.ts'
import { CLIENT_OPTIONS } from './client-rules.ts'
import { type ClientSettings, readSettings } from './client-settings.ts'
import { ServiceSession } from './service-session.ts'
import type { Session } from './session.ts'

/** Options of a client without a session. */
export interface ServiceOptions extends ClientSettings, TransportOptions {
  /** The https URL of the service. */
  readonly service: string
  /** Spreads the calls that are sent again. @default the runtime's */
  readonly random?: Random | undefined
}

/** A client: see its constructor, {@link XrpcClient}. */
export type XrpcClient<D extends Did | undefined = Did> = Client<D>

/** Over a session, or made with only a service; with all its parts, since a service worker may load none later. */
class AnyClient<D extends Did | undefined = Did> extends Client<D> {
  constructor(options: SessionOptions<D> | ServiceOptions) {
    assertOptions('options', options, CLIENT_OPTIONS)
    const { clock = systemClock, random = systemRandom } = options
    const session = isOverSession(options) ? options.session : serviceSession<D>(options)
    super({ session, settings: settingsOf(options), clock, random, load: () => parts })
  }

  /** Every client is one, whichever part made it. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Client
  }
}

/** Makes clients. */
export interface XrpcClientConstructor {
  new (options: ServiceOptions): XrpcClient<undefined>
  new <D extends Did | undefined>(options: SessionOptions<D>): XrpcClient<D>
}

/** Makes a client: over a session, or with only a `service` for calls that need none. */
// A class cannot say that what it is made with decides its `D`.
export const XrpcClient: XrpcClientConstructor = AnyClient as XrpcClientConstructor

function isOverSession<D extends Did | undefined>(
  options: SessionOptions<D> | ServiceOptions,
): options is SessionOptions<D> {
  return 'session' in options && options.session !== undefined
}

function serviceSession<D extends Did | undefined>(options: Partial<ServiceOptions>): Session<D> {
  const transport = createTransport(options)
  const origin = parseOrigin(transport, options.service)
  if (origin === undefined) throw wrongArgument('service', 'the https URL of a service', options.service)
  // The constructor's type lets a service be given only where D is undefined.
  return new ServiceSession(transport, origin) as Session<Did | undefined> as Session<D>
}

/** What is said of settings, as copies; nothing where all are the defaults, so that calls are usual ones. */
function settingsOf(options: ClientSettings): (() => ClientSettings) | undefined {
  if (!Object.entries(options).some(isSetting)) return undefined
  const settings = readSettings(options)
  return () => settings
}

function isSetting([name, value]: readonly [string, unknown]): boolean {
  return value !== undefined && Object.hasOwn(SETTINGS, name)
}
