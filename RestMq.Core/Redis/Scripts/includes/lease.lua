-- Notes that live consumers may hold deliveries of this queue for so long: until then wake-ups name the deliveries that
-- end, which makes room for more.
local function watch(lease)
  mark_special()
  if call('PTTL', held) < lease and call('PEXPIRE', held, lease * 2) == 0 then call('SET', held, 1, 'PX', lease * 2) end
end

-- Serves the requests, the arguments from the fourth to `last`. Returns the reply, and how many messages came due.
local function lease(at, last, settled)
  local moved, again = promote_due(at)
  local settings, want, watched, max_bytes = nil, 0, 0, MAX_REPLY_BYTES
  local shares = {}
  for i = 4, last, 3 do
    local share, whom = tonumber(ARGV[i]), ARGV[i + 2]
    if whom ~= '0' then
      whom, max_bytes = match(whom, '(%d):(%d+)')
      settings = settings or call('HMGET', meta, 'policy', 'state', 'epoch')
      if settings[2] == 'stopped' or (whom == '1' and settings[1] ~= 'roundrobin') then share = 0 end
    end
    if whom == '2' then watched = math.max(watched, tonumber(ARGV[i + 1])) end
    want, shares[#shares + 1] = want + share, share
  end

  local ids, texts, deliveries, more, left = take(want, at, tonumber(max_bytes), true)
  local n = #ids
  -- After the first write, which take made: at `maxmemory`, Redis would refuse it before.
  if watched > 0 and (n > 0 or exists(held)) then watch(watched) end
  if n > 0 then
    local entries, names, request, ends = {}, {}, 0, nil
    local left = 0
    for i = 1, n do
      while left == 0 do
        request = request + 1
        left, ends = shares[request], format('%d', at + ARGV[request * 3 + 2])
      end
      left = left - 1
      local name = deliveries and lease_of(ids[i], tonumber(deliveries[i])) or ids[i]
      names[i] = name
      -- From the last: among equal ends Redis orders by name, and an entry that comes before the others is placed at
      -- once.
      entries[2 * (n - i) + 1], entries[2 * (n - i) + 2] = ends, name
    end
    call_in_parts('ZADD', leased, entries)
    call('SET', KEYS[13], ARGV[2] .. ' ' .. table.concat(names, ' '), 'PX', RECOVERABLE_MS)
  end
  local due = n == want and left and -2 or next_due(at, again or more)
  return {
    settled, n < want and due or -1, due, settings or 0,
    deliveries and table.concat(deliveries, ' ') or '',
    unpack(texts),
  }, moved
end
