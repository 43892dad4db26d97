-- Put after the prelude, for scripts that are asked for one message wherever it is: finds one that stands in `ready` whole.

-- The first entry from an index on that pack has not emptied, and its index.
local function filled(from)
  while true do
    local entries = call('LRANGE', ready, from, from + BOUND - 1)
    for i, entry in ipairs(entries) do
      if entry ~= '' then return entry, from + i - 1 end
    end
    if #entries < BOUND then return nil end
    from = from + BOUND
  end
end

-- The index and the text of a message that stands whole, or nil. Looks where it is when everything after it waits too, and else halves the list, for
-- such stand in the order of their ids: what is named before them has been handed out already, and what came to the tail later says behind which of
-- them it stands.
local function find(id)
  id = tonumber(id)
  local low, high = 0, call('LLEN', ready) - 1
  local middle = math.max(math.min(high - (tonumber(call('HGET', meta, 'next')) or 0) + id, high), low)
  while low <= high do
    local entry, at = call('LINDEX', ready, middle), middle
    if entry == '' then entry, at = filled(middle) end
    local number, behind = string.match(entry or '', '^(%d+)@?(%d*)')
    local place = number and (behind == '' and tonumber(number) or behind + 0.5)
    if place == id then
      if whole(entry) then return at, entry end
      return nil
    elseif place and place < id then
      low = at + 1
    else
      high = middle - 1
    end
    middle = math.floor((low + high) / 2)
  end
end
