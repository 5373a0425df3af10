export { loginLoopback, type LoginLoopbackOptions } from './node/login-loopback.ts'
export { fileStorage, type FileStorageOptions } from './storage/file/file-storage.ts'
