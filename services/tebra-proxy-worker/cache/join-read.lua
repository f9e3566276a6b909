-- Decides what a read does: answer from the cache, ask the upstream, or wait for whoever asks it now.
-- KEYS[1] entry  [2] flight  [3] generation  [4] request
-- ARGV[1] owner  [2] lease ms  [3] ms an answer passes for new
-- Reply: {answer, sealed, age ms} | {ask, generation, now, mode} | {wait}
-- Keeps: one owner of a flight at a time. A request that wants it fresh gets only what was asked for after it was
--   submitted: the answer of a call that was already under way may be older than what the person has just seen.
local request = redis.call('HMGET', KEYS[4], 'cache', 'submittedAt')
local mode, submittedAt = request[1] or 'fresh', request[2]
local now = nowMs()
local generation = redis.call('GET', KEYS[3]) or '0'
local entry = redis.call('HMGET', KEYS[1], 'sealed', 'storedAt', 'askedAt', 'generation')
if entry[1] and entry[4] == generation then
  local age = math.max(0, now - entry[2])
  local newEnough = mode ~= 'fresh' or (submittedAt and tonumber(entry[3]) >= tonumber(submittedAt))
  if newEnough and age <= tonumber(ARGV[3]) then return {'answer', entry[1], age} end
end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) or redis.call('GET', KEYS[2]) == ARGV[1] then
  return {'ask', generation, now, mode}
end
return {'wait'}
