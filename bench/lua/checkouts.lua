-- A guest's way to an order, in five calls: a cart, two lines, a quote, an order: checkouts.lua SECONDS RUN SKUS.
-- wrk does not tell which connection an answer came by, so an answer puts its buyer's next step on a list, from which
-- whoever may send next takes one: as many buyers are on their way as there are connections.
-- After SECONDS no buyer comes any more, and those on their way finish.
local bench = require("bench")
bench.report(bench.setup())

local head = { ["Content-Type"] = "application/json" }
local after = '@example.com","shipping_address":{"name":"Ana Souza","line1":"Rua das Flores 10","city":"Recife",'
  .. '"region":"PE","postal_code":"50000-000","country":"BR"},"shipping_method":"standard",'
  .. '"payment":{"method":"test","token":"tok_ok"},"expected_total":{"amount":'
local run, skus, seconds, ends
local steps, first, last, taken = {}, 1, 0, 0  -- A queue; `taken` of its steps are promised to a connection.
local quoting = {}  -- "sku sku" -> carts that wait for the price of these two.
local number = 0

function init(arguments)
  seconds, run, skus = tonumber(arguments[1]), arguments[2], tonumber(arguments[3])
  math.randomseed(os.time() * 100 + thread_number)
  counts.sent, counts.orders = 0, 0
end

local function come(step) last = last + 1; steps[last] = step end

-- Called once before each request of a connection: it sends at once, or never again.
function delay()
  ends = ends or bench.now() + seconds
  if last - first + 1 > taken then taken = taken + 1; return 0 end
  if bench.now() >= ends then return bench.never_ms end
  come({ "POST", "/v1/carts", "{}" })
  taken = taken + 1
  return 0
end

function request()
  local step = steps[first]
  if not step then return wrk.format("GET", "/livez") end  -- wrk's trial of the first thread: it is not sent.
  steps[first] = nil
  first, taken = first + 1, taken - 1
  counts.sent = counts.sent + 1
  head["Idempotency-Key"] = step[4]
  return wrk.format(step[1], step[2], head, step[3])
end

local function line(cart, sku) come({ "POST", "/v1/carts/" .. cart .. "/lines", '{"sku":"' .. sku .. '","quantity":1}' }) end

local function of_cart(body)
  local cart = body:match('"id":"([^"]+)","currency"') or body:match('"id":"([^"]+)"')
  local found = {}
  for sku in body:gmatch('"sku":"([^"]+)"') do table.insert(found, sku) end
  if #found == 0 then
    line(cart, "S" .. math.random(0, skus - 1))
  elseif #found == 1 then
    local other = tonumber(found[1]:sub(2)) + math.random(1, skus - 1)
    line(cart, "S" .. other % skus)
  else
    local pair = found[1] .. " " .. found[2]
    quoting[pair] = quoting[pair] or {}
    table.insert(quoting[pair], cart)
    come({ "POST", "/v1/quotes", '{"cart_id":"' .. cart .. '","country":"BR"}' })
  end
end

local function of_quote(body)
  local one, other = body:match('"sku":"([^"]+)".-"sku":"([^"]+)"')
  local carts = quoting[one .. " " .. other]
  local cart = table.remove(carts)
  if #carts == 0 then quoting[one .. " " .. other] = nil end
  local total
  for amount in body:gmatch('"total":{"amount":(%d+)') do total = amount end  -- The last one is the whole.
  number = number + 1
  local key = run .. "-" .. thread_number .. "-" .. number
  local order = '{"cart_id":"' .. cart .. '","email":"buyer-' .. key .. after .. total .. ',"currency":"BRL"}}'
  come({ "POST", "/v1/orders", order, key })
end

function response(status, headers, body)
  local good = status == 200 or status == 201
  bench.count(status, body, good and status or 0)
  if not good then return end
  if body:find('"placed_at":', 1, true) then
    counts.orders = counts.orders + 1
  elseif body:find('"shipping_methods":', 1, true) then
    of_quote(body)
  else
    of_cart(body)
  end
end
