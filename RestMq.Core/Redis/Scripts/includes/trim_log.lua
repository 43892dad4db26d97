-- Removes the oldest messages of the log until the rest has at most `limit` bytes. Each entry has the position at which
-- it ends, in bytes since the queue was created, and `finish` is the position at which the log ends. So the place to cut
-- is found by halving, without reading the whole log. Entries of earlier versions have no position and are removed.
-- Returns how many bytes the log has.
local function start_of(entry) return entry[2][6] and entry[2][6] - queue.size_of(entry[2][4]) end

local function id_of(entry) return tonumber(match(entry[1], '^%d+')) end

function queue.trim_log(limit, finish)
  local first = call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
  if not first then return 0 end
  local start = start_of(first)
  if start and finish - start <= limit then return finish - start end

  local low, high, kept = id_of(first) + 1, id_of(call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]) + 1, 0
  while low < high do
    local middle = math.floor((low + high) / 2)
    local entry = call('XRANGE', log, format('%d', middle), '+', 'COUNT', 1)[1]
    start = start_of(entry)
    if start and finish - start <= limit then
      high, kept = middle, finish - start
    else
      low = id_of(entry) + 1
    end
  end
  call('XTRIM', log, 'MINID', '=', format('%d', low))
  return kept
end
