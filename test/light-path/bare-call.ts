// A process of its own, run by bare-call.test.ts: a client without a session makes one call, with a validator where it
// is asked for one. It prints which modules that took.
import { loaded } from './record-imports.ts'

const { XrpcClient } = await import('atproof')

const fetch = async () => Response.json({ did: 'did:web:example.com', availableUserDomains: [] })
const client = new XrpcClient({ service: 'https://pds.example.com', fetch })
const { data } = await client.get('com.atproto.server.describeServer')
if (data.did !== 'did:web:example.com') throw new Error('the call did not come back')
const bareCall = [...loaded]

const { validator } = await import('atproof/lexicon')
validator([])
console.log(JSON.stringify({ bareCall, all: loaded }))
