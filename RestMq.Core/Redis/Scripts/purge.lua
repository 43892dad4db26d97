-- Deletes everything of a queue but its counters, which outlive every receipt and idempotency key given out: ids must not come again.
-- ARGV: wake, how many ms the counters stay. Replies 1 when there was a queue.
--
-- `epoch` is when it was purged, later with each purge: a stream that sees it change ends, though the hint were lost. It is there also where
-- there was no queue, for consumers may bind before there is.
local counters = call('HMGET', meta, 'next', 'seq', 'created', 'epoch')
call('UNLINK', body, ready, leased, delayed, expiry, count, dead, why, log, held)
call('DEL', meta)
local epoch = math.max(now(), (tonumber(counters[4]) or 0) + 1)
call('HSET', meta, 'next', counters[1] or 0, 'seq', counters[2] or 0, 'floor', counters[1] or 0, 'epoch', string.format('%d', epoch))
call('PEXPIRE', meta, ARGV[2])
tell('p')
return counters[3] and 1 or 0
