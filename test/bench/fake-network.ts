// What a test on the fake network costs, beside the bare cryptography that it cannot do without.
import { fakeNetwork } from 'atproof/testing'

const ROUNDS = 300
const CALLS = 10
/** One for each proof: two pushes, the code, the calls, a nonce challenge at most, the refresh. */
const PROOFS = 4 + CALLS

/** Sign-in, ten calls and a refresh, each on a network of its own. */
async function wholePath(): Promise<void> {
  const network = fakeNetwork()
  const client = await network.signIn('alice.test')
  for (let call = 0; call < CALLS; call += 1) await client.get('com.atproto.server.getSession')
  await client.refresh()
  network.close()
}

/** The same proofs, signed and verified by WebCrypto, and nothing else. */
async function bareCryptography(): Promise<void> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])
  const text = new TextEncoder().encode('x'.repeat(400))
  for (let proof = 0; proof < PROOFS; proof += 1) {
    const signature = await crypto.subtle.sign(algorithm, privateKey, text)
    const jwk = await crypto.subtle.exportKey('jwk', publicKey)
    const imported = await crypto.subtle.importKey('jwk', jwk, algorithm, true, ['verify'])
    await crypto.subtle.verify(algorithm, imported, signature, text)
  }
}

async function time(run: () => Promise<void>): Promise<number> {
  const begun = performance.now()
  await run()
  return performance.now() - begun
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN
}

for (let round = 0; round < 20; round += 1) await wholePath()
const [paths, bare]: [number[], number[]] = [[], []]
// In turns, so that whatever else the machine does strikes both.
for (let round = 0; round < ROUNDS; round += 1) {
  paths.push(await time(wholePath))
  bare.push(await time(bareCryptography))
}
const [path, floor] = [median(paths), median(bare)]
console.log(`fake network: sign-in, ${CALLS} calls, refresh: ${path.toFixed(1)} ms (median of ${ROUNDS})`)
console.log(`its ${PROOFS} proofs in bare WebCrypto:          ${floor.toFixed(1)} ms`)
console.log(`ratio: ${(path / floor).toFixed(1)}`)
