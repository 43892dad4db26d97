-- Deletes messages of one state, a bounded number at a time. What is due is moved first.
--
-- Input: ARGV: wake-up channel, state. Output: how many were deleted, and 1 when there may be more.
--
-- Messages that are due and were left for the bound of one call belong to the state that they will have. So leases and
-- delays that are over are not deleted as such, and a purge of `ready` has to come again for them. Deliveries that end
-- so are named to those who watch.
--
--- @include "includes/queue.lua"
--- @include "includes/take.lua"
local state = ARGV[2]
local moved, again = queue.promote_due()
local ids, more = {}, false
if state == 'ready' then
  local taken = queue.take(MAX_PURGED, MAX_REPLY_BYTES, false)
  ids, more = taken.ids, taken.more or again or #taken.ids == MAX_PURGED
elseif state == 'dead' then
  ids = call('ZRANGE', dead, 0, MAX_PURGED - 1)
  queue.call_in_parts('ZREM', dead, ids)
  queue.call_in_parts('HDEL', why, ids)
  more = #ids == MAX_PURGED
else
  local key = state == 'leased' and leased or delayed
  local members = call('ZRANGEBYSCORE', key, '(' .. now, '+inf', 'LIMIT', 0, MAX_PURGED)
  queue.call_in_parts('ZREM', key, members)
  for i, member in ipairs(members) do
    local id, delivery = queue.parse_lease(member)
    if state == 'leased' then queue.tell_ended(id, delivery) end
    ids[i] = id
  end
  more = #ids == MAX_PURGED
end
if #ids > 0 then
  queue.forget(ids)
  call('HINCRBY', meta, 'purged', #ids)
end
queue.wake_for(moved)
return queue.reply({ #ids, more and 1 or 0 })
