// What a web app with one call to make would ship.
import { XrpcClient } from 'atproof'

const client = new XrpcClient({ service: 'https://pds.example.com' })
export const { data } = await client.get('com.atproto.server.describeServer')
