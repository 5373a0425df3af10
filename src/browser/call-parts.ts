// The part of a page that makes unusual calls, and reads and repeats what did not go well.
export {
  changeSettings,
  createRecord,
  deleteRecord,
  fetchAs,
  getBlob,
  getRecord,
  listPage,
  listRecords,
  paginate,
  planCall,
  putRecord,
  readAnswer,
  requestServiceToken,
  sendAgain,
  uploadBlob,
} from '../xrpc/call-parts.ts'
// As in each part of a page: see load-part.ts.
export { resume } from './resume.ts'
