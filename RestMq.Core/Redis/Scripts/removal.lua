-- Put after the prelude, for scripts that remove messages by what they find. In a function of its own: making these takes longer than most adds, which
-- need none of them.
local function removal()
  -- Removes what belongs to ids, but for the place they were in.
  local function forget(ids)
    if #ids == 0 then return end
    local counted, mortal = has(count), has(expiry)
    for i = 1, #ids, 1000 do
      local last = math.min(i + 999, #ids)
      call('HDEL', body, unpack(ids, i, last))
      if counted then call('HDEL', count, unpack(ids, i, last)) end
      if mortal then call('ZREM', expiry, unpack(ids, i, last)) end
    end
  end

  -- Removes what died. Deaths are counted, and settlements are not: they are what is left of all that was added.
  local function die(ids)
    if #ids == 0 then return end
    forget(ids)
    expired = expired + #ids
    call('HINCRBY', meta, 'expired', #ids)
  end

  -- Whether an entry of `ready` is a message, or names one.
  local function waits(entry)
    return whole(entry) or (entry ~= '' and call('HEXISTS', body, id_of(entry)) == 1)
  end

  -- Drops ids without a body from one end of `ready`.
  local function strip(pop)
    local part = 1
    for _ = 0, DEATHS / BOUND do
      local entries = pop == 'LPOP' and call('LRANGE', ready, 0, part - 1) or call('LRANGE', ready, -part, -1)
      local gone = 0
      while gone < #entries and not waits(entries[pop == 'LPOP' and gone + 1 or #entries - gone]) do gone = gone + 1 end
      if gone > 0 then
        call(pop, ready, gone)
        name(-gone)
      end
      if gone == 0 or gone < #entries then return end
      part = BOUND
    end
  end

  -- Where ids without a body are most of `ready`, empties them, a part a call, and drops them once all have been looked at: what lives in front of
  -- them and behind them would keep them for ever.
  local function pack(part)
    local length = call('LLEN', ready)
    if 2 * (named() - call('HLEN', body)) <= length + DEATHS then return end
    local from = tonumber(call('HGET', meta, 'packed')) or 0
    call('HDEL', meta, 'packed') -- Before what a Redis that is full refuses as the first write of a script.
    if from >= length then
      name(-call('LREM', ready, 0, ''))
      return
    end
    for i, entry in ipairs(call('LRANGE', ready, from, from + part - 1)) do
      if entry ~= '' and not waits(entry) then call('LSET', ready, from + i - 1, '') end
    end
    call('HSET', meta, 'packed', from + part)
  end

  -- Drops ids without a body from `ready`: from both ends, where deletes and deaths leave most of them, and from between. Work is bounded, by how many
  -- are new.
  local function trim(new)
    if messages() == 0 then
      call('DEL', ready)
      call('HDEL', meta, 'named')
      return
    end
    strip('LPOP')
    strip('RPOP')
    pack(2 * math.max(new or 0, BOUND))
  end

  -- Drops what died. A leased message may finish: it is looked at again when its lease ends.
  local function sweep(at, most)
    most = most or DEATHS
    local over = call('ZRANGEBYSCORE', expiry, '-inf', at, 'LIMIT', 0, most)
    if #over == 0 then return false end
    local leases, gone = call('ZMSCORE', leased, unpack(over)), {}
    for i, id in ipairs(over) do
      if leases[i] then
        -- Taken out first: as the first write of a script, one that grows is refused by a Redis that is full, and nothing would ever leave this queue.
        call('ZREM', expiry, id)
        call('ZADD', expiry, tonumber(leases[i]) + 1, id)
      else
        gone[#gone + 1] = id
      end
    end
    if #gone > 0 then
      call('ZREM', delayed, unpack(gone))
      die(gone)
      trim(#gone)
    end
    return #over == most
  end

  return forget, die, trim, sweep
end
