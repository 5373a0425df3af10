import { expect, test } from 'vitest'
import { readPublicKey, SigningKeys } from '../../../../src/testing/signing-keys.ts'

test('anybody can verify with the key of a DID document', async () => {
  const keys = new SigningKeys()
  const data = new TextEncoder().encode('what is signed')
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
  // Of twenty keys some have an odd and some an even y, and some a point that begins with zeros.
  const verdicts = Array.from({ length: 20 }, async (_, index) => {
    const { privateKey, publicKeyMultibase } = await keys.of(`did:plc:${index}`)
    const signature = await crypto.subtle.sign(algorithm, privateKey, data)
    return crypto.subtle.verify(algorithm, await readPublicKey(publicKeyMultibase), signature, data)
  })
  expect(await Promise.all(verdicts)).toEqual(Array.from({ length: 20 }, () => true))
})

test.each(['', 'z', 'zQ3shiPg9LbH9hcS9RkmxqgKNjWnKX6dXsc42sBLZ9xJBji5p', 'mAYAk'])('refuses %s', async (key) => {
  await expect(readPublicKey(key)).rejects.toThrow('expected a Multikey of P-256')
})
