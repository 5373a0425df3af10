/** The longest key that PostgreSQL's index takes, in bytes: a third of a page, less what stands beside it. */
export const POSTGRES_KEY_BYTES = 2692
