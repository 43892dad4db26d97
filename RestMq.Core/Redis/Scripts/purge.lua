-- Deletes everything of a queue but its counters, which outlive every receipt and idempotency key given out: ids must not come again.
-- ARGV: wake, how many ms the counters stay. Replies 1 when there was a queue.
local counters = call('HMGET', meta, 'next', 'seq', 'created')
call('UNLINK', body, ready, leased, delayed, expiry, count, dead, why, log, held)
if counters[1] or counters[2] then
  call('DEL', meta)
  call('HSET', meta, 'next', counters[1] or 0, 'seq', counters[2] or 0, 'floor', counters[1] or 0)
  call('PEXPIRE', meta, ARGV[2])
else
  call('DEL', meta)
end
tell('p')
return counters[3] and 1 or 0
