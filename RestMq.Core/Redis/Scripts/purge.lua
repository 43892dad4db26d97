-- Deletes messages of one state, a bounded number at a time. Messages that are due are moved first.
--
-- Input:
--   KEYS: the keys of the queue.
--   ARGV[1]: the wake-up channel.
--   ARGV[2]: the state.
-- Output: how many messages were deleted, and 1 when there may be more, else 0.
--
-- One call moves a bounded number of messages that are due. A due message beyond this bound already belongs to its next
-- state. So this script does not delete a lease or a delay that is over, and a purge of `ready` must be repeated
-- to delete such a message. The wake-up names the deliveries that the purge ends (see queue.tell_ended).
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
