// What a web app that checks its calls would ship.
import { XrpcClient } from 'atproof'
import { validator } from 'atproof/lexicon'

const validate = validator([])
const client = new XrpcClient({ service: 'https://pds.example.com', validate })
export const { data } = await client.get('com.atproto.server.describeServer')
