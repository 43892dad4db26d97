-- Migrates a queue from format 1, a bounded step at a time. Steps can be repeated and interrupted.
--
-- Input:
--   KEYS: the keys of the queue, then the key where the list of format 1 waits meanwhile.
--   ARGV[1]: the wake-up channel.
--   ARGV[2]: the phase, 1 at first.
--   ARGV[3]: the cursor of the phase, '0' at first.
-- Output: the next phase and its cursor. Phase 0: the queue is migrated.
--
-- In format 1, `ready` was a list of texts and of ids. `body` held the texts of these ids, and of all messages in other
-- states. `leased` and `delayed` held bare ids, and `expiry` kept the times of leased messages.
--
--- @include "includes/queue.lua"
local list, phase, cursor, STEP = KEYS[13], ARGV[2], ARGV[3], 500
if phase == '1' then
  if call('TYPE', ready).ok == 'list' then call('RENAME', ready, list) end
  call('HDEL', meta, 'named', 'packed')
  return { 2, '0' }
elseif phase == '2' then
  local found = call('ZSCAN', leased, cursor, 'COUNT', STEP)
  for i = 1, #found[2], 2 do
    local id, past = found[2][i], tonumber(call('HGET', count, found[2][i]))
    if past and past > 0 and not match(id, '%.') then
      call('ZADD', leased, found[2][i + 1], queue.lease_of(id, past + 1))
      call('ZREM', leased, id)
    end
    call('ZADD', expiry, 'XX', 'inf', id)
  end
  return found[1] == '0' and { 3, '0' } or { 2, found[1] }
elseif phase == '3' then
  local found = call('ZSCAN', delayed, cursor, 'COUNT', STEP)
  for i = 1, #found[2], 2 do
    local id = found[2][i]
    if id ~= queue.padded(id) then
      call('ZADD', delayed, found[2][i + 1], queue.padded(id))
      call('ZREM', delayed, id)
    end
  end
  return found[1] == '0' and { 4, '0' } or { 3, found[1] }
end

-- Moves messages in the order of the list. Messages that were never delivered go to the stream while their ids rise.
-- Each other message gets a position in `back` behind the message before it.
local newest = call('XREVRANGE', ready, '+', '-', 'COUNT', 1)[1]
local last, shift = newest and tonumber(match(newest[1], '^%d+')) or 0, tonumber(call('HGET', meta, 'shift')) or 0
local entries = call('LPOP', list, STEP)
if not entries then return { 0, '0' } end
for _, entry in ipairs(entries) do
  local id = match(entry, '^%d+')
  local is_text = match(entry, '^%d+ ')
  local text = id and (is_text and entry or call('HGET', body, id))
  if text and tonumber(id) > last and call('HEXISTS', count, id) == 0 then
    call('XADD', ready, id, format('%d', shift), text)
    call('HDEL', body, id)
    last = tonumber(id)
  elseif text then
    if is_text then call('HSET', body, id, text) end
    shift = call('HINCRBY', meta, 'shift', 1)
    call('ZADD', back, format('%d', last + shift), id)
  end
end
return { 4, '0' }
