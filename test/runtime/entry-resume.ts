// A returning person's path, as a page would have it: what it takes is measured by size.test.ts.
import { OAuthClient, resume } from 'atproof/browser'

const oauth = new OAuthClient({
  clientId: 'https://app.example.com/client-metadata.json',
  redirectUri: 'https://app.example.com/',
  scope: 'atproto transition:generic',
})
const { client } = (await resume(oauth)) ?? {}
if (client) {
  const params = { repo: client.did, collection: 'com.example.note' }
  const { data } = await client.get('com.atproto.repo.listRecords', { params })
  console.log(data.records.length)
}
