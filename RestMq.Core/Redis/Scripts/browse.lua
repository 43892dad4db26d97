-- Reads the newest messages of one state, newest first.
--
-- Input:
--   KEYS: the keys of the queue.
--   ARGV[1]: the wake-up channel.
--   ARGV[2]: the state.
--   ARGV[3]: how many messages at most.
-- Output: five values for each message, as in peek.lua.
--
--- @include "includes/queue.lua"
local state, want = ARGV[2], tonumber(ARGV[3])
local reply, bytes = {}, 0

local function tell(id, deliveries, ends, text)
  if not text then return end
  for _, value in ipairs({ state, ends, state == 'dead' and call('HGET', why, id) or '', deliveries, text }) do
    reply[#reply + 1] = value
  end
  bytes = bytes + #text
end

local function is_full() return #reply >= want * 5 or bytes > MAX_REPLY_BYTES end

-- Reads both `ready` and `back` from the tail. The message with the greater position comes first.
local function browse_ready()
  local entry = call('XREVRANGE', ready, '+', '-', 'COUNT', 1)[1]
  local waiting, w = call('ZREVRANGE', back, 0, want - 1, 'WITHSCORES'), 1
  while (entry or waiting[w]) and not is_full() do
    local fields, id = entry and entry[2], waiting[w]
    if entry and not (id and tonumber(waiting[w + 1]) > match(fields[2], '^%d+') + fields[1]) then
      tell(entry[1], 0, 0, fields[2])
      entry = call('XREVRANGE', ready, '(' .. entry[1], '-', 'COUNT', 1)[1]
    else
      tell(id, queue.deliveries_of(id), 0, call('HGET', body, id))
      w = w + 2
    end
  end
end

-- Returns the members with one score by number, the greatest first. Redis orders equal scores as texts, with 9 after
-- 10. The messages of a batch have one score, so there may be many members.
local function members_of(key, score)
  local numbers, member_of, members = {}, {}, {}
  for i, member in ipairs(call('ZREVRANGEBYSCORE', key, score, score, 'LIMIT', 0, MAX_PURGED)) do
    numbers[i] = tonumber(match(member, '^%d+'))
    member_of[numbers[i]] = member
  end
  table.sort(numbers)
  for i = #numbers, 1, -1 do members[#members + 1] = member_of[numbers[i]] end
  return members
end

local function browse_sorted(key)
  local found = call('ZREVRANGE', key, 0, want - 1, 'WITHSCORES')
  local last
  for i = 2, #found, 2 do
    if found[i] ~= last then
      last = found[i]
      for _, member in ipairs(members_of(key, last)) do
        if is_full() then return end
        local id, delivery = queue.parse_lease(member)
        local deliveries = state == 'leased' and delivery or queue.deliveries_of(id)
        tell(id, deliveries, tonumber(last), call('HGET', body, id))
      end
    end
  end
end

queue.wake_for((queue.promote_due()))
local places = { leased = leased, delayed = delayed, dead = dead }
if state == 'ready' then browse_ready() else browse_sorted(places[state]) end
return queue.reply(reply)
