-- Deletes messages of one place, at most MOST a call. ARGV: wake, place. Replies how many, and 1 when there may be more.
--
-- What is due is moved first. What was left for its bound belongs to the place it will go to, so leases and delays that are over are not
-- deleted as such, and a purge of `ready` has to come again for them. Hand-outs that end so are told to those who watch.
local MOST = 1000
local at = now()
local moved, again = due(at)
local place = ARGV[2]
local ids, more, purged = {}, false, 0
if place == 'ready' then
  local entries = call('LPOP', ready, MOST) or {}
  for _, entry in ipairs(entries) do
    if whole(entry) then purged = purged + 1 else ids[#ids + 1] = id_of(entry) or '' end
  end
  name(-#ids)
  more = #entries == MOST or again
  if again then
    -- More died than were swept: they did not go by this purge.
    local gone = {}
    for _, id in ipairs(ids) do
      local ends = tonumber(call('ZSCORE', expiry, id))
      if ends and ends <= at then gone[#gone + 1] = id end
    end
    die(gone)
  end
else
  local key = ({ leased = leased, delayed = delayed, dead = dead })[place]
  ids = place == 'dead' and call('ZRANGE', dead, 0, MOST - 1) or call('ZRANGEBYSCORE', key, '(' .. at, '+inf', 'LIMIT', 0, MOST)
  more = #ids == MOST
  if #ids > 0 then call('ZREM', key, unpack(ids)) end
end
if #ids + purged == 0 then
  tell_of(moved)
  return answer({ 0, more and 1 or 0 })
end

if place == 'dead' then call('HDEL', why, unpack(ids)) end
if place == 'leased' and has(held) then
  for i, past in ipairs(call('HMGET', count, unpack(ids))) do ended[#ended + 1] = ids[i] .. '.' .. next_hand_out(past) end
end
local before = call('HLEN', body)
forget(ids)
trim()
tell_of(moved)
purged = purged + before - call('HLEN', body)
call('HINCRBY', meta, 'purged', purged)
return answer({ purged, more and 1 or 0 })
