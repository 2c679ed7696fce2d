-- What the scripts share: the clock, the end of sending, and the report that wrk.py reads.
local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long seconds; long nanoseconds; } bench_time;
  int clock_gettime(int clock, bench_time *time);
]]

local bench = { never_ms = 1000000000 }
local time = ffi.new("bench_time")

function bench.now()
  ffi.C.clock_gettime(1, time)
  return tonumber(time.seconds) + tonumber(time.nanoseconds) / 1e9
end

-- Each thread knows its number as `thread_number`, from 0; `threads` is only seen by done().
function bench.setup()
  local threads = {}
  function setup(thread)
    thread:set("thread_number", #threads)
    table.insert(threads, thread)
  end
  return threads
end

-- Counts answers by status as thread globals (plain names, for wrk copies nothing else), and keeps some examples.
statuses, examples, counts = {}, {}, {}
function bench.count(status, body, good)
  statuses[status] = (statuses[status] or 0) + 1
  if status ~= good and #examples < 3 then
    table.insert(examples, status .. " " .. body:sub(1, 400):gsub("%s+", " "))
  end
end

local function json(of)
  local members = {}
  for name, number in pairs(of) do table.insert(members, string.format('"%s":%d', name, number)) end
  return "{" .. table.concat(members, ",") .. "}"
end

function bench.report(threads)
  function done(summary, latency)
    local by_status, by_name = {}, {}
    for _, thread in ipairs(threads) do
      for status, number in pairs(thread:get("statuses")) do
        by_status[status] = (by_status[status] or 0) + number
      end
      for name, number in pairs(thread:get("counts")) do by_name[name] = (by_name[name] or 0) + number end
      for _, example in ipairs(thread:get("examples")) do print("EXAMPLE " .. example) end
    end
    local errors = summary.errors
    print(string.format(
      'BENCH {"duration_us":%d,"requests":%d,"bytes":%d,"p50_us":%d,"p90_us":%d,"p99_us":%d,"max_us":%d,'
        .. '"failures":%d,"bad":%d,"statuses":%s,"counts":%s}',
      summary.duration, summary.requests, summary.bytes, latency:percentile(50), latency:percentile(90),
      latency:percentile(99), latency.max, errors.connect + errors.read + errors.write + errors.timeout,
      errors.status, json(by_status), json(by_name)))
  end
end

return bench
