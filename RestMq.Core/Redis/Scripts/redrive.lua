-- Returns dead letters to the tail, oldest first and at most BOUND a call, as new ones: with no count and no time to die.
local ids = call('ZRANGE', dead, 0, BOUND - 1)
if #ids == 0 then return 0 end
call('ZREM', dead, unpack(ids))
call('HDEL', why, unpack(ids))
call('HDEL', count, unpack(ids))
for _, id in ipairs(ids) do
  local stored = call('HGET', body, id)
  if dies(stored) > 0 then call('HSET', body, id, (string.gsub(stored, '^(%d+ %d+) %d+', '%1 0', 1))) end
  call('RPUSH', ready, id)
end
tell()
return #ids
