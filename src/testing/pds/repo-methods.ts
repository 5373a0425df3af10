import { z } from 'zod'
import type { Accounts } from './accounts.ts'
import type { Call } from './call.ts'
import { atIdentifier, cid, nsid, recordKey } from './lexicon-values.ts'
import { type Methods, procedure } from './method.ts'
import { prepareRecord, recordValue } from './records.ts'
import type { Repositories } from './repositories.ts'
import type { Repository, StoredRecord, Write } from './repository.ts'
import { invalidRequest } from './xrpc-refusal.ts'

const MAX_BYTES = 1_000_000
const MAX_WRITES = 200
const APPLY_WRITES = 'com.atproto.repo.applyWrites'

const place = { repo: atIdentifier, collection: nsid }
const createInput = z.object({
  ...place,
  rkey: recordKey.optional(),
  record: recordValue,
  validate: z.boolean().optional(),
  swapCommit: cid.optional(),
})
const putInput = createInput.extend({ rkey: recordKey, swapRecord: cid.nullish() })
const deleteInput = z.object({
  ...place,
  rkey: recordKey,
  swapRecord: cid.optional(),
  swapCommit: cid.optional(),
})
const writeInput = z.discriminatedUnion('$type', [
  z.object({
    $type: z.literal(`${APPLY_WRITES}#create`),
    collection: nsid,
    rkey: recordKey.optional(),
    value: recordValue,
  }),
  z.object({
    $type: z.literal(`${APPLY_WRITES}#update`),
    collection: nsid,
    rkey: recordKey,
    value: recordValue,
  }),
  z.object({ $type: z.literal(`${APPLY_WRITES}#delete`), collection: nsid, rkey: recordKey }),
])
const applyInput = z.object({
  repo: atIdentifier,
  writes: z.array(writeInput),
  validate: z.boolean().optional(),
  swapCommit: cid.optional(),
})

type WriteInput = z.infer<typeof writeInput>
type Action = Write['action']

export interface RepoMethodsOptions {
  readonly accounts: Accounts
  readonly repositories: Repositories
}

/** What writes to a repository: `com.atproto.repo.createRecord`, `putRecord`, `deleteRecord`, `applyWrites` */
export function repoMethods({ accounts, repositories }: RepoMethodsOptions): Methods {
  return {
    'com.atproto.repo.createRecord': procedure(async (call) => {
      const { input, caller, repository } = await open(call, createInput)
      const { collection, validate, swapCommit, rkey = repositories.tids.next() } = input
      caller.permissions.requireRepo('create', collection)
      const record = await prepareRecord(collection, input.record, validate)
      const write = { action: 'create', collection, rkey, record } as const
      const commit = repository.apply([write], { swapCommit })
      return { ...describe(repository.find(collection, rkey)), commit, ...statusOf(record) }
    }),
    'com.atproto.repo.putRecord': procedure(async (call) => {
      const { input, caller, repository } = await open(call, putInput)
      const { collection, rkey, validate, swapCommit, swapRecord } = input
      caller.permissions.requireRepo('create', collection)
      caller.permissions.requireRepo('update', collection)
      const record = await prepareRecord(collection, input.record, validate)
      const current = repository.find(collection, rkey)
      // Nothing changes, so nothing is compared either.
      if (current?.cid === record.cid) return { ...describe(current), ...statusOf(record) }
      const write: Write = { action: current ? 'update' : 'create', collection, rkey, record }
      const commit = repository.apply([write], { swapCommit, swapRecord })
      return { ...describe(repository.find(collection, rkey)), commit, ...statusOf(record) }
    }),
    'com.atproto.repo.deleteRecord': procedure(async (call) => {
      const { input, caller, repository } = await open(call, deleteInput)
      const { collection, rkey, swapCommit, swapRecord } = input
      caller.permissions.requireRepo('delete', collection)
      if (!repository.find(collection, rkey)) return {}
      return { commit: repository.apply([{ action: 'delete', collection, rkey }], { swapCommit, swapRecord }) }
    }),
    [APPLY_WRITES]: procedure(async (call) => {
      const { input, caller, repository } = await open(call, applyInput)
      const { writes, validate, swapCommit } = input
      if (writes.length > MAX_WRITES) throw invalidRequest(`Too many writes. Max: ${MAX_WRITES}`)
      for (const action of ['create', 'update', 'delete'] as const) {
        for (const write of writes) {
          if (actionOf(write) === action) caller.permissions.requireRepo(action, write.collection)
        }
      }
      const prepared = await Promise.all(
        writes.map((write) => prepareWrite(write, validate, () => repositories.tids.next())),
      )
      const commit = repository.apply(prepared, { swapCommit })
      const results = prepared.map((write) => describeWrite(write, repository))
      return { commit, results }
    }),
  }

  async function open<T extends { readonly repo: string }>(
    call: Call,
    schema: z.ZodType<T, z.ZodTypeDef, unknown>,
  ) {
    const caller = await call.account()
    const input = await call.json(schema, { maxBytes: MAX_BYTES })
    const { did } = accounts.own(input.repo, caller)
    return { caller, input, repository: repositories.of(did) }
  }
}

async function prepareWrite(
  input: WriteInput,
  validate: boolean | undefined,
  nextKey: () => string,
): Promise<Write> {
  const action = actionOf(input)
  const { collection, rkey = nextKey() } = input
  if (!('value' in input) || action === 'delete') return { action: 'delete', collection, rkey }
  return { action, collection, rkey, record: await prepareRecord(collection, input.value, validate) }
}

function describeWrite(write: Write, repository: Repository): object {
  const $type = `${APPLY_WRITES}#${write.action}Result`
  if (write.action === 'delete') return { $type }
  const uri = repository.uriOf(write.collection, write.rkey)
  return { $type, uri, cid: write.record.cid, ...statusOf(write.record) }
}

const ACTIONS: Readonly<Record<WriteInput['$type'], Action>> = {
  'com.atproto.repo.applyWrites#create': 'create',
  'com.atproto.repo.applyWrites#update': 'update',
  'com.atproto.repo.applyWrites#delete': 'delete',
}

function actionOf({ $type }: WriteInput): Action {
  return ACTIONS[$type]
}

function describe(record: StoredRecord | undefined) {
  return { uri: record?.uri, cid: record?.cid }
}

function statusOf({ validationStatus }: { readonly validationStatus: string | undefined }): object {
  return validationStatus === undefined ? {} : { validationStatus }
}
