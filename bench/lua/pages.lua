-- Pages of a list in a file, a path a line: pages.lua SECONDS FILE drawn|once.
-- `drawn`: any of them, until the end. `once`: one after the other, by one thread, and nothing new after SECONDS.
local bench = require("bench")
bench.report(bench.setup())

local requests, position, ends = {}, -1, nil  -- wrk tries request() once without sending.

function init(arguments)
  local seconds = tonumber(arguments[1])
  for path in io.lines(arguments[2]) do table.insert(requests, wrk.format("GET", path)) end
  math.randomseed(os.time() * 100 + thread_number)
  if arguments[3] == "drawn" then
    function request() return requests[math.random(#requests)] end
    return
  end
  function delay()
    ends = ends or bench.now() + seconds
    return bench.now() < ends and 0 or bench.never_ms
  end
  function request()
    position = position + 1
    counts.sent = position
    return requests[position % #requests + 1]
  end
end
