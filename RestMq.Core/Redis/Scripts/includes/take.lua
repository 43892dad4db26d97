-- Reads a part of `back`: id, text, position and delivery of each.
local function read_back(offset, most)
  local found = call('ZRANGE', back, offset, offset + most - 1, 'WITHSCORES')
  if #found == 0 then return {} end
  local ids, part = {}, {}
  for i = 1, #found, 2 do ids[#ids + 1] = found[i] end
  local texts = call('HMGET', body, unpack(ids))
  local past = exists(count) and call('HMGET', count, unpack(ids)) or {}
  for i, id in ipairs(ids) do
    part[i] = { id = id, text = texts[i], position = tonumber(found[2 * i]), delivery = next_delivery(past[i]) }
  end
  return part
end

-- Takes up to `want` messages off the head: those of `ready` and of `back`, merged by position. Those that expired are
-- removed on the way. With `keeps` the texts go to `body`, where messages are stored that are not in `ready`; without
-- it the caller stores them elsewhere and calls forget. The work is bounded by `want`, by bytes and by how many expired
-- messages are passed. Returns ids, texts, deliveries (nil when each is the first), whether a bound was met, so that
-- there may be more, and whether any message is left.
local function take(want, at, max_bytes, keeps)
  max_bytes = math.min(max_bytes or MAX_REPLY_BYTES, MAX_REPLY_BYTES)
  local ids, texts, deliveries, n, bytes = {}, {}, nil, 0, 0
  local mortal, redelivers = has(expiry), has(back)
  local moved, came_back, lapsed, more = {}, {}, {}, false
  local entries, next_entry, from, ready_left, last = {}, 1, '-', true, nil
  local waiting, next_waiting, offset = {}, 1, 0

  -- How many messages to read: as many as their size so far lets fit. The size of the first ones is not known, so these
  -- are few.
  local function part_size()
    local fit = max_bytes < MAX_REPLY_BYTES and 8 or 32
    if n > 0 then fit = math.ceil((max_bytes - bytes + 1) * n / (bytes + 1)) end
    return math.max(math.min(want - n, fit, 1000), 1)
  end

  local function add(id, text, delivery)
    if not text then return end -- Redis may evict `body`, unless its maxmemory-policy is noeviction.
    if mortal then
      local expires = expires_at(text)
      if expires > 0 and expires <= at then
        lapsed[#lapsed + 1] = id
        return
      end
    end
    n, bytes = n + 1, bytes + #text
    ids[n], texts[n] = id, text
    if delivery ~= 1 and not deliveries then
      deliveries = {}
      for i = 1, n - 1 do deliveries[i] = '1' end
    end
    if deliveries then deliveries[n] = format('%d', delivery) end
  end

  while n < want do
    if bytes >= max_bytes or #lapsed >= MAX_EXPIRED then
      more = true
      break
    end
    if ready_left and next_entry > #entries then
      local most = part_size()
      entries, next_entry = call('XRANGE', ready, from, '+', 'COUNT', most), 1
      ready_left = #entries == most
      if #entries > 0 then from = '(' .. entries[#entries][1] end
    end
    if redelivers and next_waiting > #waiting then
      waiting, next_waiting = read_back(offset, math.min(part_size(), 32)), 1
      offset, redelivers = offset + #waiting, #waiting > 0
    end
    local entry, again = entries[next_entry], waiting[next_waiting]
    if not entry and not again then break end
    local fields = entry and entry[2]
    local id = entry and match(fields[2], '^%d+')
    if again and not (entry and id + fields[1] < again.position) then
      next_waiting = next_waiting + 1
      came_back[#came_back + 1] = again.id
      add(again.id, again.text, again.delivery)
    else
      next_entry, last = next_entry + 1, id
      local before = n
      add(id, fields[2], 1)
      if n > before and keeps then
        moved[#moved + 1] = id
        moved[#moved + 1] = fields[2]
      end
    end
  end

  -- Commands that need no memory come first: at `maxmemory`, Redis refuses a script only at its first write, and takes
  -- must go on.
  local left = next_entry <= #entries or redelivers
  if last then
    call('XTRIM', ready, 'MINID', '=', format('%d', last + 1))
    if next_entry > #entries then left = delete_if_empty() > 0 or left end
  end
  call_in_parts('ZREM', back, came_back)
  if #lapsed > 0 then
    forget(lapsed)
    count_expired(#lapsed)
  end
  call_in_parts('HSET', body, moved)
  if mortal and keeps then
    -- A leased message may be finished after its time: the infinite entry says that the message expires, and keeps
    -- remove_expired from it.
    for i = 1, n do
      if expires_at(texts[i]) > 0 then call('ZADD', expiry, 'inf', ids[i]) end
    end
  end
  return ids, texts, deliveries, more, left
end
