export {
  type PostgresDatabase,
  type PostgresParameter,
  postgresStorage,
  type PostgresStorageOptions,
} from './storage/postgres.ts'
export { postgresTable } from './storage/postgres-table.ts'
