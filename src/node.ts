export { loginLoopback, type LoginLoopbackOptions } from './node/login-loopback.ts'
