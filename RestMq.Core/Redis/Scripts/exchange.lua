-- Settles deliveries, then makes new ones, so that the settlements and the requests of many callers take one step.
--
-- Input:
--   KEYS: the keys of the queue, then, with requests, the key that remembers this exchange.
--   ARGV[1]: the wake-up channel.
--   ARGV[2]: a token that names this exchange.
--   ARGV[3]: how many arguments the requests have.
--   ARGV[4] and later: the requests, then the settlements.
--
-- A request has three arguments: how many messages, their lease in ms, and the receiver:
--   0            a caller.
--   1:<bytes>    live consumers. They get nothing while the queue is stopped or its policy is not round robin.
--   2:<bytes>    live consumers that settle by themselves. They get nothing while the queue is stopped.
-- <bytes> is how many bytes to deliver at most. The last message may exceed this limit. The limit holds for the whole
-- exchange: it is the smallest one of the requests that may get anything, or 16 MiB when only callers ask. So a request
-- of live consumers would also limit the requests of callers. A host therefore sends it alone. The first request is
-- served whole before the second.
--
-- A settlement is an id alone, or five arguments: '-', id, delivery, action and the argument of the action. An id alone
-- acks a first delivery, as most settlements do. The actions are 'ack', 'extend' ms, 'release' ms, 'return' and 'bury'
-- reason. A settlement is valid while this delivery of the message is in flight. With delivery 0 only 'ack' is valid,
-- and deletes the message in any state. Settlements are done one after another.
--
-- Output: 0 when all settlements are done, else a list with 0 (done), 1 (stale) or 2 (unknown) for each. With requests,
-- these values follow:
--   in how many ms a message becomes due (see queue.next_due) when there were too few messages, else -1;
--   the same in any case, or -2 when there were enough messages and more are ready;
--   a list of policy, state and epoch for live consumers, else 0;
--   the delivery numbers, or '' when each delivery is the first;
--   the texts of the messages.
--
-- A reply may be lost. Redis remembers the exchange for a while, so that recover.lua can return the messages that no
-- caller received.
--
--- @include "includes/queue.lua"
--- @include "includes/take.lua"
local argv, arguments, requests_end = ARGV, #ARGV, 3 + ARGV[3]

-- Settlements.
local results, settled, refused, changed = {}, 0, false, false
local i = requests_end + 1
-- No-op write. At `maxmemory`, Redis refuses a script whose first write can need memory. This write keeps settlements
-- working. An ack of first deliveries begins with a write that needs no memory anyway.
if argv[i] == '-' then call('ZREM', leased, '') end
while i <= arguments do
  local first = i
  while i <= arguments and argv[i] ~= '-' do i = i + 1 end
  if i > first then
    local ids, each = { unpack(argv, first, i - 1) }, nil -- A host sends at most 1000 settlements at a time.
    if queue.call_in_parts('ZREM', leased, ids) < #ids then
      each = queue.ack_each(ids)
    else
      queue.call_in_parts('HDEL', body, ids)
      if queue.has(expiry) then queue.call_in_parts('ZREM', expiry, ids) end
      if queue.has(held) then queue.tell_acked(ids) end
    end
    for ack = 1, #ids do results[settled + ack] = each and each[ack] or 0 end
    settled, refused = settled + #ids, refused or each ~= nil
  else
    local result, is_due = queue.settle(argv[i + 1], tonumber(argv[i + 2]), argv[i + 3], argv[i + 4])
    settled, i = settled + 1, i + 5
    results[settled], refused, changed = result, refused or result ~= 0, changed or is_due
  end
end
local reply = { refused and results or 0 }
if requests_end == 3 then
  if changed or #queue.ended > 0 then queue.wake() end
  return queue.reply(reply)
end

-- Deliveries.
local moved, again, due = 0, false, queue.special and { leased, delayed, expiry } or { leased }
for _, key in ipairs(due) do
  local ends = call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
  if ends and tonumber(ends) <= now then
    moved, again = queue.promote_due()
    break
  end
end

local settings, want, watched, max_bytes, shares = 0, 0, 0, MAX_REPLY_BYTES, {}
for request = 4, requests_end, 3 do
  local share, whom = tonumber(argv[request]), argv[request + 2]
  if whom ~= '0' then
    local kind, limit = match(whom, '(%d):(%d+)')
    if settings == 0 then settings = call('HMGET', meta, 'policy', 'state', 'epoch') end
    if settings[2] == 'stopped' or (kind == '1' and settings[1] ~= 'roundrobin') then share = 0 end
    if share > 0 then max_bytes = math.min(max_bytes, tonumber(limit)) end
    if kind == '2' then watched = math.max(watched, tonumber(argv[request + 1])) end
  end
  want, shares[#shares + 1] = want + share, share
end

local taken = queue.take(want, max_bytes, true)
local ids, n = taken.ids, #taken.ids
-- Must come after the first write of the script, in queue.take. At `maxmemory`, Redis would refuse it as the first
-- write.
if watched > 0 and (n > 0 or call('EXISTS', held) == 1) then queue.watch(watched) end
if n > 0 then
  local entries, leases, request, left, ends = {}, ids, 0, 0, nil
  if taken.redelivered then
    leases = {}
    for message = 1, n do leases[message] = queue.lease_of(ids[message], taken.deliveries[message]) end
  end
  for message = 1, n do
    while left == 0 do
      request = request + 1
      left, ends = shares[request], format('%d', now + argv[request * 3 + 2])
    end
    left = left - 1
    -- The entries go from the last message to the first. Redis orders equal scores by member, and inserts fastest an
    -- entry that comes before all others.
    entries[2 * (n - message) + 1], entries[2 * (n - message) + 2] = ends, leases[message]
  end
  queue.call_in_parts('ZADD', leased, entries)
  call('SET', KEYS[13], argv[2] .. ' ' .. table.concat(leases, ' '), 'PX', RECOVERABLE_MS)
end
due = n > 0 and n == want and taken.left and -2 or queue.next_due(again or taken.more)
reply[2], reply[3], reply[4] = n < want and due or -1, due, settings
reply[5] = taken.redelivered and queue.numbers(taken.deliveries) or ''
for message = 1, n do reply[5 + message] = taken.texts[message] end

if changed then queue.wake() elseif moved > 0 or #queue.ended > 0 then queue.wake_for(moved) end
return queue.reply(reply)
