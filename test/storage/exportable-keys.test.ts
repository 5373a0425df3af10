import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encryptedStorage, memoryStorage, type Storage } from 'atproof'
import { fileStorage } from 'atproof/node'
import { expect, onTestFinished, test } from 'vitest'
import { signedIn } from './signed-in.ts'

test('a session in memory says that its key stays there, and what to do', async () => {
  const { oauth, sessionId } = await signedIn(memoryStorage())
  const failure: unknown = await oauth.exportSession(sessionId).catch((error: unknown) => error)
  expect(failure).toMatchObject({
    code: 'key_cannot_leave',
    message: expect.stringContaining('the storage keeps it as a CryptoKey that nobody can read'),
    action: expect.stringContaining(
      'over a storage that keeps JSON, such as fileStorage, sessions can be exported',
    ),
    retryable: false,
  })
})

test.each([
  ['fileStorage', openFiles],
  ['encryptedStorage', async () => encryptedStorage(memoryStorage(), [Buffer.alloc(32, 1).toString('base64')])],
])('a session over %s can be exported, as it is said', async (_, open) => {
  const { oauth, sessionId } = await signedIn(await open())
  expect(await oauth.exportSession(sessionId)).toMatchObject({ sessionId, dpopKey: { d: expect.any(String) } })
})

async function openFiles(): Promise<Storage> {
  const directory = await mkdtemp(join(tmpdir(), 'exportable-keys-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return fileStorage(directory)
}
