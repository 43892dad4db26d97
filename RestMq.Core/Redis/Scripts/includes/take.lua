-- Takes up to `want` messages off the head: the messages of `ready` and of `back`, merged by position. Expired messages
-- are removed on the way. With `keeps`, the texts of messages from `ready` move to `body`. Without it, the caller
-- stores the texts elsewhere and calls forget. The work is bounded by `want`, by bytes, and by the number of expired
-- messages.
--
-- Returns a table:
--   ids, texts, deliveries  lists with a value for each message.
--   redelivered             whether any message was delivered before.
--   more                    whether the bound of bytes or of expired messages was met before `want`.
--   left                    whether any message is left, where at least one was taken.
--   position                the position of the last message.
function queue.take(want, max_bytes, keeps)
  local ids, texts, deliveries, n, bytes = {}, {}, {}, 0, 0
  local moved, came_back, lapsed, more, redelivered = {}, {}, {}, false, false
  local mortal, back_left = queue.has(expiry), queue.has(back)
  local entries, next_entry, from, ready_left, last = {}, 1, '-', true, nil
  local waiting, next_waiting, offset = {}, 1, 0
  local shift, position

  while n < want do
    if bytes >= max_bytes or #lapsed >= MAX_EXPIRED then
      more = true
      break
    end
    local reads_ready, reads_back = ready_left and next_entry > #entries, back_left and next_waiting > #waiting
    if reads_ready or reads_back then
      -- Estimates how many more messages fit from their average size so far. The size of the first messages is not
      -- known, so few are read.
      local fit = max_bytes < MAX_REPLY_BYTES and 8 or 32
      if n > 0 then fit = math.ceil((max_bytes - bytes + 1) * n / (bytes + 1)) end
      local most = math.max(math.min(want - n, fit, 1000), 1)
      if reads_ready then
        entries, next_entry = call('XRANGE', ready, from, '+', 'COUNT', most), 1
        ready_left = #entries == most
        if #entries > 0 then from = '(' .. entries[#entries][1] end
      end
      if reads_back then
        waiting, next_waiting = queue.read_back(offset, math.min(most, 32)), 1
        offset, back_left = offset + #waiting, #waiting > 0
      end
    end
    local entry, again = entries[next_entry], waiting[next_waiting]
    if not entry and not again then break end

    local id, text, delivery
    if entry then
      local fields = entry[2]
      id, text, delivery, shift = match(fields[2], '^%d+'), fields[2], 1, fields[1]
      if again and id + fields[1] >= again.position then entry = nil end -- The message of `back` comes first.
    end
    if entry then
      next_entry, last, position = next_entry + 1, id, nil
    else
      next_waiting, position = next_waiting + 1, again.position
      id, text, delivery = again.id, again.text, again.delivery
      came_back[#came_back + 1] = id
    end

    local expires = mortal and text and queue.expires_at(text) or 0
    if expires > 0 and expires <= now then
      lapsed[#lapsed + 1] = id
    elseif text then -- The text is missing when Redis evicted `body`, which the maxmemory-policy noeviction prevents.
      n, bytes = n + 1, bytes + #text
      ids[n], texts[n], deliveries[n] = id, text, delivery
      if delivery > 1 then redelivered = true end
      if entry and keeps then moved[#moved + 1], moved[#moved + 2] = id, text end
    end
  end

  -- Commands that need no memory come first. At `maxmemory`, Redis refuses a script only at its first write, and
  -- deliveries must go on.
  local left = next_entry <= #entries
  if last then
    call('XTRIM', ready, 'MINID', '=', format('%d', last + 1))
    left = left or queue.delete_if_empty() > 0
  end
  queue.call_in_parts('ZREM', back, came_back)
  left = left or queue.has(back)
  if #lapsed > 0 then
    queue.forget(lapsed)
    queue.count_expired(#lapsed)
  end
  queue.call_in_parts('HSET', body, moved)
  if mortal and keeps then
    -- A leased message may be acked after its time to live. An infinite time says that the message expires, but keeps
    -- remove_expired from removing it.
    for i = 1, n do
      if queue.expires_at(texts[i]) > 0 then call('ZADD', expiry, 'inf', ids[i]) end
    end
  end
  return {
    ids = ids, texts = texts, deliveries = deliveries, redelivered = redelivered, more = more, left = left,
    position = position or last and last + shift,
  }
end

-- Returns in how many ms a message becomes ready by itself, 0 when more can be moved at once, or -1 for never.
function queue.next_due(again)
  if again then return 0 end
  local first = -1
  for _, key in ipairs({ delayed, leased }) do
    local score = call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
    local left = score and math.max(tonumber(score) - now, 1)
    if left and (first < 0 or left < first) then first = left end
  end
  return first
end
