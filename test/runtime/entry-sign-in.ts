// The same with the door: what signing in takes beside it is measured by size.test.ts.
import { OAuthClient, resume, signIn } from 'atproof/browser'

const oauth = new OAuthClient({
  clientId: 'https://app.example.com/client-metadata.json',
  redirectUri: 'https://app.example.com/',
  scope: 'atproto transition:generic',
})
const { client } = (await resume(oauth)) ?? (await signIn(oauth, 'alice.example.com'))
const params = { repo: client.did, collection: 'com.example.note' }
const { data } = await client.get('com.atproto.repo.listRecords', { params })
console.log(data.records.length)
