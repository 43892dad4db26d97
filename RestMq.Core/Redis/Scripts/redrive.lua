-- Returns dead letters to the tail, as new ones: counted anew and with no time to die. ARGV: wake, then an id for that one alone; without it the
-- oldest, at most BOUND a call. Replies how many.
local ids = { ARGV[2] }
if not ARGV[2] then
  ids = call('ZRANGE', dead, 0, BOUND - 1)
elseif not call('ZSCORE', dead, ARGV[2]) then
  ids = {}
end
if #ids == 0 then return 0 end
call('ZREM', dead, unpack(ids))
call('HDEL', why, unpack(ids))
local counts = {}
for i, past in ipairs(call('HMGET', count, unpack(ids))) do
  counts[2 * i - 1], counts[2 * i] = ids[i], (math.floor((past or 0) / REDRIVE) + 1) * REDRIVE
end
call('HSET', count, unpack(counts))
for _, id in ipairs(ids) do
  local stored = call('HGET', body, id)
  if dies(stored) > 0 then call('HSET', body, id, (string.gsub(stored, '^(%d+ %d+) %d+', '%1 0', 1))) end
end
put_last(ids)
tell()
return #ids
