import { scopes } from 'atproof'
import { fakeNetwork } from 'atproof/testing'
import { describe, expect, test } from 'vitest'
import { Permissions } from '../../../src/testing/pds/permissions.ts'
import { XrpcRefusal } from '../../../src/testing/pds/xrpc-refusal.ts'

const COLLECTIONS = ['com.example.note', 'com.example.like', 'chat.bsky.note'] as const
const METHODS = ['com.example.do', 'com.example.get', 'chat.bsky.convo.getLog', 'chat.bskyish.get'] as const
const SERVICES = ['did:web:a.com#svc', 'did:web:a.com#other', 'did:web:localhost%3A2583#svc'] as const
const MEDIA = ['image/png', 'image/svg+xml', 'video/mp4', 'imagex/png'] as const
const ACTIONS = ['create', 'update', 'delete'] as const

/** What a server asks of a session before it does something, and the scope that says the same. */
const NEEDS: readonly (readonly [needed: string, require: (permissions: Permissions) => void])[] = [
  ...COLLECTIONS.flatMap((collection) =>
    ACTIONS.map(
      (action) =>
        [
          scopes.repo({ collection, action }),
          (permissions: Permissions) => permissions.requireRepo(action, collection),
        ] as const,
    ),
  ),
  ...SERVICES.flatMap((aud) =>
    [...METHODS, '*' as const].map(
      (lxm) => [scopes.rpc({ lxm, aud }), (permissions: Permissions) => permissions.requireRpc(lxm, aud)] as const,
    ),
  ),
  ...MEDIA.map(
    (accept) => [scopes.blob({ accept }), (permissions: Permissions) => permissions.requireBlob(accept)] as const,
  ),
  [
    scopes.account({ attr: 'email', action: 'manage' }),
    (permissions) => permissions.requireAccount('email', 'manage'),
  ],
  [
    scopes.account({ attr: 'email' }),
    (permissions) => {
      if (!permissions.mayReadEmail) throw new XrpcRefusal(403, 'ScopeMissingError', 'email')
    },
  ],
]

/** Scopes as servers grant them, and some that they would never grant. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  collection: [...COLLECTIONS, ...COLLECTIONS, '*', 'com.example.*', 'com%2Eexample%2Enote', 'note'],
  lxm: [...METHODS, ...METHODS, '*', 'chat.bsky.*'],
  aud: [
    '*',
    'did:web:a.com#svc',
    'did:web:a.com%23svc',
    'did:web:a.com%23other',
    'did:web:localhost%253A2583%23svc',
    'did:web:a.com',
  ],
  accept: [...MEDIA, 'image/*', 'video/*', '*/*', 'image/svg%2Bxml', '*', 'image'],
  attr: ['email', 'email', 'repo', 'zzz'],
  action: [...ACTIONS, ...ACTIONS, 'fly'],
}
const PLAIN = [
  'atproto',
  'transition:generic',
  'transition:chat.bsky',
  'transition:email',
  'transition:zzz',
  'space:a',
]
const RESOURCES = {
  repo: ['collection', 'action'],
  rpc: ['lxm', 'aud'],
  blob: ['accept'],
  account: ['attr', 'act'],
} as const

/** The same numbers in every run (a linear congruential generator). */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

function drawScope(roll: (sides: number) => number): string {
  const pick = <Value>(values: readonly Value[]) => values[roll(values.length)] as Value
  const resource = pick([...Object.keys(RESOURCES), 'plain'] as (keyof typeof RESOURCES | 'plain')[])
  if (resource === 'plain') return pick(PLAIN)
  const [first, second] = RESOURCES[resource]
  const isPositional = roll(3) > 0
  const pairs = [
    ...Array.from({ length: isPositional ? Math.max(0, roll(12) - 10) : 1 + roll(2) }, () => first),
    ...Array.from({ length: second === undefined ? 0 : roll(second === 'action' ? 4 : 2) }, () => second),
  ].map((name) =>
    name === 'act' ? `action=${pick(['read', 'manage'])}` : `${name}=${pick(VALUES[name ?? ''] ?? [])}`,
  )
  const query = pairs.length > 0 ? `?${pairs.join('&')}` : ''
  return resource + (isPositional ? `:${pick(VALUES[first] ?? [])}` : '') + query
}

test('[L7] [L2] [L3] a scope allows what a server of that scope allows, and nothing else', () => {
  const roll = dice(1)
  const disagreements: string[] = []
  const counts = { allowed: 0, refused: 0 }
  for (let round = 0; round < 4000; round += 1) {
    const granted = Array.from({ length: 1 + roll(4) }, () => drawScope(roll)).join(' ')
    const permissions = Permissions.ofScope(granted)
    for (const [needed, require] of NEEDS) {
      const isAllowed = succeeds(() => require(permissions))
      counts[isAllowed ? 'allowed' : 'refused'] += 1
      if (scopes.allows(granted, needed) !== isAllowed) disagreements.push(`${needed} with ${granted}`)
    }
  }
  expect(disagreements).toEqual([])
  // Neither of the two may be rare, or this proves little.
  expect(Math.min(counts.allowed, counts.refused)).toBeGreaterThan(10_000)
})

function succeeds(act: () => void): boolean {
  try {
    act()
    return true
  } catch (error) {
    if (error instanceof XrpcRefusal) return false
    throw error
  }
}

describe('[L7] a session', () => {
  test('may do what its scope allows, and is refused the rest', async () => {
    const network = fakeNetwork()
    const scope = scopes.format([
      scopes.atproto,
      scopes.repo({ collection: 'com.example.note', action: 'create' }),
      scopes.blob({ accept: 'image/*' }),
    ])
    const client = await network.signIn('alice.test', { scope })
    const create = async (collection: string) => {
      const input = { repo: client.did, collection, record: { text: 'hello' } }
      return client.post('com.atproto.repo.createRecord', { input }).then(
        () => true,
        () => false,
      )
    }
    for (const collection of ['com.example.note', 'com.example.like'] as const) {
      const needed = scopes.repo({ collection, action: 'create' })
      expect([collection, await create(collection)]).toEqual([
        collection,
        scopes.allows(client.session.scope, needed),
      ])
    }
    expect(scopes.allows(client.session.scope, scopes.blob({ accept: 'image/png' }))).toBe(true)
    expect(scopes.allows(client.session.scope, scopes.repo({ collection: 'com.example.note' }))).toBe(false)
  })

  test('is asked again after a refresh, which can change its scope', async () => {
    const network = fakeNetwork()
    const client = await network.signIn('alice.test')
    const needed = scopes.repo({ collection: 'com.example.note' })
    expect(scopes.allows(client.session.scope, needed)).toBe(true)
    network.fault({ path: '/oauth/token', set: { scope: 'atproto blob:*/*' } })
    const refreshed = await client.refresh()
    expect(scopes.allows(refreshed.session.scope, needed)).toBe(false)
    expect(scopes.allows(refreshed.session.scope, 'blob:image/png')).toBe(true)
  })
})
