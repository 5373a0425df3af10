// What is more than one call of JSON: a part that a page loads after its first call.
export { getBlob, uploadBlob } from './blobs.ts'
export { outgoingInput } from './body.ts'
export { paginate } from './paginate.ts'
export { createRecord, deleteRecord, getRecord, listRecords, putRecord } from './record-calls.ts'
export { requestServiceToken } from './service-auth.ts'
