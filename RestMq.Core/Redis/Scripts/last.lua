-- The newest messages of a place, newest first. ARGV: wake, place, how many. Replies: for each as peek.lua.
tell_of((due(now())))
local place, want = ARGV[2], tonumber(ARGV[3])
local ids, ends, texts = {}, {}, {}
if place == 'ready' then
  local tail = call('LRANGE', ready, -(want + BOUND), -1)
  for i = #tail, 1, -1 do
    local id = id_of(tail[i]) or ''
    ids[#ids + 1] = id
    if whole(tail[i]) then texts[id] = tail[i] end
  end
else
  local key = ({ leased = leased, delayed = delayed, dead = dead })[place]
  local found = call('ZREVRANGE', key, 0, want - 1, 'WITHSCORES')
  -- Redis would put 9 after 10, so all that share the last score are looked at: a batch at least, which was put there in one step.
  if #found == 2 * want then found = call('ZREVRANGEBYSCORE', key, '+inf', found[#found], 'WITHSCORES', 'LIMIT', 0, want + 10 * BOUND) end
  for i = 1, #found, 2 do
    ids[#ids + 1] = found[i]
    ends[found[i]] = tonumber(found[i + 1])
  end
  table.sort(ids, function(a, b)
    if ends[a] ~= ends[b] then return ends[a] > ends[b] end
    return tonumber(a) > tonumber(b)
  end)
end
local reply, bytes = {}, 0
for _, id in ipairs(ids) do
  local stored = texts[id] or call('HGET', body, id)
  if #reply >= want * 5 or bytes > BYTES then break end
  if stored then
    bytes = bytes + #stored
    local hand_outs = (tonumber(call('HGET', count, id)) or 0) + (place == 'leased' and 1 or 0)
    for _, value in ipairs({ place, ends[id] or 0, call('HGET', why, id) or '', hand_outs, stored }) do
      reply[#reply + 1] = value
    end
  end
end
return answer(reply)
