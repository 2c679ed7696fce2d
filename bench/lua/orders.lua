-- Orders of two lines drawn over so many goods: orders.lua SECONDS RUN SKUS STRIDE. One good is the hot one: a line of two.
-- They are every STRIDE-th of the shop's. Each order has its own key. After SECONDS no order is begun, and the run goes on until all are answered.
local bench = require("bench")
bench.report(bench.setup())

local head = { ["Content-Type"] = "application/json" }
local before = '{"lines":['
local after = '@example.com","shipping_address":{"name":"Ana Souza","line1":"Rua das Flores 10","city":"Recife",'
  .. '"region":"PE","postal_code":"50000-000","country":"BR"},"shipping_method":"standard",'
  .. '"payment":{"method":"test","token":"tok_ok"},"expected_total":{"amount":900000,"currency":"BRL"}}'
local run, skus, stride, seconds, ends
local number = 0

function init(arguments)
  seconds, run, skus = tonumber(arguments[1]), arguments[2], tonumber(arguments[3])
  stride = tonumber(arguments[4])
  math.randomseed(os.time() * 100 + thread_number)
  counts.sent = thread_number == 0 and -1 or 0  -- wrk tries the first thread's request() once without sending.
end

function delay()
  ends = ends or bench.now() + seconds
  return bench.now() < ends and 0 or bench.never_ms
end

function request()
  number = number + 1
  counts.sent = counts.sent + 1
  local one, other = math.random(0, skus - 1) * stride, math.random(0, skus - 1) * stride
  local lines
  if one == other then
    lines = '{"sku":"S' .. one .. '","quantity":2}'
  else
    lines = '{"sku":"S' .. one .. '","quantity":1},{"sku":"S' .. other .. '","quantity":1}'
  end
  local key = run .. "-" .. thread_number .. "-" .. number
  head["Idempotency-Key"] = key
  return wrk.format("POST", "/v1/orders", head, before .. lines .. '],"email":"buyer-' .. key .. after)
end

function response(status, headers, body) bench.count(status, body, 201) end
