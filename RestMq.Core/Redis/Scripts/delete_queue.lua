-- Deletes everything of a queue except its counters. They outlive all its receipts and idempotency keys, because no id
-- may be given out twice.
--
-- Input:
--   KEYS: the keys of the queue.
--   ARGV[1]: the wake-up channel.
--   ARGV[2]: for how many ms the counters stay.
-- Output: 1 when there was a queue, else 0.
--
-- `epoch` is the time of the purge, and rises with each purge. A stream that sees it change ends, even when the wake-up
-- was lost. `epoch` is set even when there was no queue, because consumers may connect before there is one.
--
--- @include "includes/queue.lua"
local counters = call('HMGET', meta, 'next', 'seq', 'created', 'epoch', 'server')
call('UNLINK', ready, back, body, leased, delayed, expiry, count, dead, why, log, held)
call('DEL', meta)
local next = counters[1] or '0'
local epoch = math.max(now, (tonumber(counters[4]) or 0) + 1)
call('HSET', meta, 'next', next, 'seq', counters[2] or '0', 'floor', next, 'base', next, 'based', now)
call('HSET', meta, 'epoch', format('%d', epoch))
if counters[5] then call('HSET', meta, 'server', counters[5]) end
call('PEXPIRE', meta, ARGV[2])
queue.wake('p')
return counters[3] and 1 or 0
