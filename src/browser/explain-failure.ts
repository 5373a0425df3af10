// The part of a page that says why its storage failed.
export { explainFailure } from '../storage/explain-failure.ts'
// As in each part of a page: see load-part.ts.
export { resume } from './resume.ts'
