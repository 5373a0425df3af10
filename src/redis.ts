export { type EvaluateScript, redisStorage, type RedisStorageOptions } from './storage/redis.ts'
