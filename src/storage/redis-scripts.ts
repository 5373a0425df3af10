// An entry is a hash of `value`, `version`, `writtenAt` and `expiresAt`, under a key of its own. Two sorted sets stand
// beside all of them: one of every key, in the order of their bytes, and one of those that expire, by when they do.
// Redis removes an expired entry by itself, but no member of a set: each put sweeps some.

const TIME = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

// The version that stands under the key: nil for nothing, '' for something that is none of ours. Redis keeps an entry
// through the millisecond in which it expires, and so the time is compared here.
const STANDING = `${TIME}
local function standing()
  local kind = redis.call('TYPE', KEYS[1]).ok
  if kind == 'none' then return nil end
  if kind ~= 'hash' then return '' end
  local entry = redis.call('HMGET', KEYS[1], 'version', 'expiresAt')
  if (tonumber(entry[2]) or math.huge) <= now then return nil end
  return entry[1] or ''
end
`

/** `KEYS` entry. Returns nil for nothing, else the value, the version and the age in ms, or nothing for what is not ours. */
export const GET: string = `${STANDING}
local version = standing()
if not version then return nil end
if version == '' then return {} end
local entry = redis.call('HMGET', KEYS[1], 'value', 'writtenAt')
local age = math.max(0, now - (tonumber(entry[2]) or now))
return {entry[1] or '', version, string.format('%.0f', age)}
`

/**
 * `KEYS` entry, all keys, those that expire. `ARGV` key, 'create' or 'replace', the version to replace, the new version,
 * the value, when it expires or ''. Returns 1 where it was written.
 */
export const PUT: string = `${STANDING}
local version = standing()
-- Clients send again what a broken connection left without an answer: then our own version stands there already.
if version == ARGV[4] then return 1 end
if ARGV[2] == 'create' then
  if version then return 0 end
elseif version == '' or version ~= ARGV[3] then
  return 0
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'value', ARGV[5], 'version', ARGV[4],
  'writtenAt', string.format('%.0f', now), 'expiresAt', ARGV[6])
redis.call('ZADD', KEYS[2], 0, ARGV[1])
if ARGV[6] == '' then
  redis.call('ZREM', KEYS[3], ARGV[1])
else
  redis.call('PEXPIREAT', KEYS[1], ARGV[6])
  redis.call('ZADD', KEYS[3], ARGV[6], ARGV[1])
end
local expired = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', string.format('%.0f', now), 'LIMIT', 0, 10)
if #expired > 0 then
  redis.call('ZREM', KEYS[2], unpack(expired))
  redis.call('ZREM', KEYS[3], unpack(expired))
end
return 1
`

/** `KEYS` as for a put, `ARGV` key, version. Returns 1 where it was deleted. */
export const DELETE: string = `${STANDING}
local version = standing()
if not version or version == '' or version ~= ARGV[2] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
return 1
`

/**
 * `KEYS` all keys, those that expire. `ARGV` where to begin, the prefix, how many. Returns where to go on, '' at the end,
 * and then the keys. No UTF-8 holds the byte 255, so that all keys of a prefix are before it.
 */
export const LIST: string = `${TIME}
local found = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], '[' .. ARGV[2] .. '\\255', 'LIMIT', 0, ARGV[3])
local page = {''}
if #found == tonumber(ARGV[3]) then page[1] = '(' .. found[#found] end
for _, key in ipairs(found) do
  local expiresAt = redis.call('ZSCORE', KEYS[2], key)
  if not expiresAt or tonumber(expiresAt) > now then page[#page + 1] = key end
end
return page
`
