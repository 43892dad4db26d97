-- Settles deliveries, then makes new ones: what callers are done with and what they want go in one step.
--
-- Input: KEYS those of the queue, then, with requests, the key that remembers this exchange. ARGV: wake-up channel, a
-- token that names this exchange, how many arguments the requests have, the requests, the settlements.
-- A request is how many messages, for how many ms, and for whom: 0 a caller; 1 live consumers, who get nothing while
-- the queue is stopped or its policy is not round robin; 2 live consumers that settle by themselves, who get nothing
-- while it is stopped. Behind 1 or 2 comes ':' and how many bytes at most, give or take a message. The first request is
-- served whole before the second.
-- A settlement is an id alone, which acks a first delivery (most are), or five arguments: '-', id, delivery, action and
-- its argument: 'ack', 'extend' ms, 'release' ms, 'return', 'bury' reason. It holds when that delivery of the message
-- is under way. With delivery 0 only 'ack' holds, and deletes the message in whatever state it is. Settlements are done
-- one after another.
-- Output: 0 when all settlements are done, else a list of 0 done, 1 stale, 2 unknown. With requests also: next due when
-- there was too little, else -1; next due in any case, or -2 when all that was wanted was there and more is ready;
-- policy, state and epoch for live consumers, else 0; deliveries ('' when each is the first); then the texts.
--
-- A reply may be lost. The exchange is remembered for a while, so that recover.lua can return what nobody got.
--
--- @include "includes/queue.lua"
--- @include "includes/take.lua"
local argv, arguments, requests_end = ARGV, #ARGV, 3 + ARGV[3]

-- Settlements.
local results, settled, refused, changed = {}, 0, false, false
local i = requests_end + 1
-- No-op write. At `maxmemory`, Redis refuses a script whose first write can need memory. This write keeps settlements
-- working; an ack of first deliveries begins with such a write itself.
if argv[i] == '-' then call('ZREM', leased, '') end
while i <= arguments do
  local first = i
  while i <= arguments and argv[i] ~= '-' do i = i + 1 end
  if i > first then
    local ids, each = { unpack(argv, first, i - 1) }, nil
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
    max_bytes = math.min(tonumber(limit), MAX_REPLY_BYTES)
    if settings == 0 then settings = call('HMGET', meta, 'policy', 'state', 'epoch') end
    if settings[2] == 'stopped' or (kind == '1' and settings[1] ~= 'roundrobin') then share = 0 end
    if kind == '2' then watched = math.max(watched, tonumber(argv[request + 1])) end
  end
  want, shares[#shares + 1] = want + share, share
end

local taken = queue.take(want, max_bytes, true)
local ids, n = taken.ids, #taken.ids
-- After the first write, which take made: at `maxmemory`, Redis would refuse it before.
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
    -- From the last: among equal ends Redis orders by name, and an entry that comes before the others is placed at
    -- once.
    entries[2 * (n - message) + 1], entries[2 * (n - message) + 2] = ends, leases[message]
  end
  queue.call_in_parts('ZADD', leased, entries)
  call('SET', KEYS[13], argv[2] .. ' ' .. table.concat(leases, ' '), 'PX', RECOVERABLE_MS)
end
due = n == want and taken.left and -2 or queue.next_due(again or taken.more)
reply[2], reply[3], reply[4] = n < want and due or -1, due, settings
reply[5] = taken.redelivered and queue.numbers(taken.deliveries) or ''
for message = 1, n do reply[5 + message] = taken.texts[message] end

if changed then queue.wake() elseif moved > 0 or #queue.ended > 0 then queue.wake_for(moved) end
return queue.reply(reply)
