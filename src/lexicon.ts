export { validator } from './lexicon/validator.ts'
export type {
  InvalidEvent,
  LexiconValidator,
  RecordMistake,
  ValidatedPart,
  ValidationLevel,
  ValidatorOptions,
} from './lexicon/validator-options.ts'
