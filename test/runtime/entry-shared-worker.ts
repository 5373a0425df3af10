// A Worker whose requests share what they found, as those of one isolate do: `/<handle>` is answered with the issuer.
import { discoverAuthorizationServer, discoveryCache } from 'atproof/discovery'

const cache = discoveryCache()

// oxlint-disable-next-line import/no-default-export -- what a Worker is
export default {
  async fetch({ url }: Request): Promise<Response> {
    const handle = new URL(url).pathname.slice(1)
    const found = await discoverAuthorizationServer(handle, { cache }).catch(String)
    return new Response(typeof found === 'string' ? found : found.issuer)
  },
}
