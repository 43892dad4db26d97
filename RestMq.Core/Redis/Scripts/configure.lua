-- Reads and changes settings.
--
-- Input:
--   KEYS: the keys of the queue.
--   ARGV[1]: the wake-up channel.
--   ARGV[2] and later: pairs of field and value. An empty value removes the field.
-- Output: 1 when the queue is new, else 0; then policy, state, max_receives, max_length, ttl, history, durability and
-- history_bytes. A setting that is not set is ''.
--
--- @include "includes/queue.lua"
--- @include "includes/trim_log.lua"
local fresh = 0
if #ARGV > 1 then
  fresh = 1 - call('HEXISTS', meta, 'created')
  if fresh == 1 then
    call('HSET', meta, 'created', now)
    call('PERSIST', meta)
  end
  for i = 2, #ARGV, 2 do
    if ARGV[i + 1] == '' then call('HDEL', meta, ARGV[i]) else call('HSET', meta, ARGV[i], ARGV[i + 1]) end
    if ARGV[i] == 'history' then call('XTRIM', log, 'MAXLEN', '=', ARGV[i + 1]) end
    if ARGV[i] == 'history_bytes' then
      local size = queue.trim_log(tonumber(ARGV[i + 1]), tonumber(call('HGET', meta, 'log_end')) or 0)
      call('HSET', meta, 'log_bytes', format('%d', size))
    end
  end
  queue.wake()
end
local reply = { fresh }
local settings = call(
  'HMGET', meta, 'policy', 'state', 'max_receives', 'max_length', 'ttl', 'history', 'durability', 'history_bytes')
for i, value in ipairs(settings) do
  reply[i + 1] = value or ''
end
return reply
