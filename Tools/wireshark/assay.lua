-- Shows Assay's sync sessions in Wireshark and tshark: frames by name with their fields, across TCP segments.
--
--   tshark -X lua_script:Tools/wireshark/assay.lua -r session.pcapng -Y assay
--   wireshark -X lua_script:Tools/wireshark/assay.lua session.pcapng
--
-- Port 7400 is Assay's; for another one: -d tcp.port==PORT,assay, or "Decode As" in Wireshark.
-- Written from Protocol/sync.md and Protocol/README.md; change it with them. Bodies of segments and snapshot chunks are
-- deflated with a preset dictionary, which Wireshark cannot undo: their headers are shown.

local assay = Proto("assay", "Assay sync")

local FRAME_BYTES_MAX = 1052672
local KINDS = { [0] = "none", [1] = "feed", [2] = "bootstrap" }
local STANDINGS = { [0] = "not known", [1] = "cursor not usable", [2] = "cursor usable", [3] = "digests differ" }
local PARTS = { [0] = "narrower range", [1] = "documents" }
local LEVELS = { [1] = "at the hub", [2] = "at HQ" }
local NOTES = { [1] = "quarantined", [2] = "refused" }

-- Fields, by the name after "assay.".
local fields = {}
local function field(name, make, title, ...)
    fields[name] = make("assay." .. name, title, ...)
end

field("length", ProtoField.uint64, "Length of type and body", base.DEC)
field("type", ProtoField.uint8, "Type", base.DEC)
field("body", ProtoField.bytes, "Body that is not read")
field("version", ProtoField.uint64, "Version", base.DEC)
field("organisation", ProtoField.bytes, "Organisation")
field("replica", ProtoField.uint64, "Replica", base.HEX)
field("origin", ProtoField.uint64, "Origin", base.HEX)
field("hub", ProtoField.uint64, "Hub", base.HEX)
field("epoch", ProtoField.uint64, "Epoch", base.DEC)
field("role", ProtoField.string, "Role")
field("device", ProtoField.string, "Device")
field("hub_name", ProtoField.string, "Hub's name")
field("clock", ProtoField.int64, "Clock, milliseconds since 1970", base.DEC)
field("clock_time", ProtoField.absolute_time, "Clock", base.UTC)
field("public_key", ProtoField.bytes, "Public key")
field("sequence", ProtoField.uint64, "Sequence", base.DEC)
field("hash", ProtoField.bytes, "Chain hash")
field("flags", ProtoField.uint8, "Flags", base.HEX)
field("wants_live", ProtoField.bool, "Wants live", 8, nil, 1)
field("is_hub", ProtoField.bool, "Is a hub", 8, nil, 2)
field("at_hub", ProtoField.uint64, "Own sequences at the hub up to", base.DEC)
field("at_hq", ProtoField.uint64, "Own sequences at HQ up to", base.DEC)
field("scope", ProtoField.string, "Scope")
field("cursor", ProtoField.uint8, "Cursor", base.DEC, KINDS)
field("position", ProtoField.uint64, "Position", base.DEC)
field("resume", ProtoField.bytes, "Resume after")
field("credit", ProtoField.uint64, "Credit, bytes", base.DEC)
field("range", ProtoField.string, "Range")
field("mark", ProtoField.uint64, "Receipt mark", base.DEC)
field("standing", ProtoField.uint8, "Standing", base.DEC, STANDINGS)
field("end", ProtoField.uint64, "End of the feed", base.DEC)
field("level", ProtoField.uint8, "Level", base.DEC, LEVELS)
field("note", ProtoField.uint8, "Note", base.DEC, NOTES)
field("code", ProtoField.string, "Code")
field("reason", ProtoField.string, "Reason")
field("index", ProtoField.uint64, "Index", base.DEC)
field("documents", ProtoField.uint64, "Documents", base.DEC)
field("number", ProtoField.uint64, "Number", base.DEC)
field("ends_session", ProtoField.uint8, "Ends the session", base.DEC)
field("subject", ProtoField.string, "Subject")
field("message", ProtoField.string, "Message")
field("digest", ProtoField.bytes, "Digest")
field("key", ProtoField.bytes, "Document's key")
field("low", ProtoField.bytes, "From")
field("high", ProtoField.bytes, "Before")
field("part", ProtoField.uint8, "Part", base.DEC, PARTS)
field("answered", ProtoField.uint64, "Documents answered", base.DEC)
field("payload", ProtoField.bytes, "Payload")
field("payload_version", ProtoField.uint8, "Payload's version", base.DEC)
field("payload_first", ProtoField.uint64, "First sequence", base.DEC)
field("payload_count", ProtoField.uint64, "Change sets", base.DEC)
field("payload_size", ProtoField.uint64, "Bytes after inflation", base.DEC)
field("payload_body", ProtoField.bytes, "Deflated body")

local list = {}
for _, one in pairs(fields) do list[#list + 1] = one end
assay.fields = list

local malformed = ProtoExpert.new("assay.malformed", "Malformed", expert.group.MALFORMED, expert.severity.ERROR)
local refused = ProtoExpert.new("assay.error_frame", "An error frame", expert.group.RESPONSE_CODE, expert.severity.WARN)
assay.experts = { malformed, refused }

-- A place in a frame. Reading past its end is an error, which the frame's own handler catches.
local Reader = {}
Reader.__index = Reader

function Reader:left() return self.stop - self.at end

function Reader:take(count)
    if count > self:left() then error("truncated", 0) end
    local range = self.tvb:range(self.at, count)
    self.at = self.at + count
    return range
end

function Reader:u8(tree, name)
    local range = self:take(1)
    if name then tree:add(fields[name], range) end
    return range:uint()
end

-- A varint and the bytes that it took; as UInt64, since Lua's own numbers lose the low bits.
function Reader:varint()
    local start, value, shift = self.at, UInt64(0), 0
    while true do
        local byte = self:u8()
        if shift == 63 and byte > 1 then error("integer-overflow", 0) end
        value = value:bor(UInt64(byte % 128):lshift(shift))
        if byte < 128 then
            if byte == 0 and shift > 0 then error("overlong-varint", 0) end
            return value, self.tvb:range(start, self.at - start)
        end
        shift = shift + 7
    end
end

function Reader:number(tree, name)
    local value, range = self:varint()
    if name then tree:add(fields[name], range, value) end
    return value
end

-- A varint that counts or measures something in the frame: small.
function Reader:count()
    local value = self:varint():tonumber()
    if value > FRAME_BYTES_MAX then error("limit-exceeded", 0) end
    return value
end

function Reader:clock(tree)
    local value, range = self:varint()
    local half = value:rshift(1):tonumber()
    local signed = value:band(1):tonumber() == 1 and -half - 1 or half
    tree:add(fields.clock, range, Int64.new(signed))
    -- Years that nobody's clock shows are left as a number.
    if signed >= 0 and signed < 2 ^ 42 then
        tree:add(fields.clock_time, range, NSTime.new(math.floor(signed / 1000), (signed % 1000) * 1000000))
    end
end

function Reader:fixed64(tree, name)
    local range = self:take(8)
    tree:add_le(fields[name], range)
    return range:le_uint64():tohex()
end

function Reader:block(tree, name)
    local count = self:count()
    if count == 0 then
        tree:add(fields[name], self.tvb:range(self.at - 1, 1), ""):set_text(tostring(name):gsub("_", " ") .. ": empty")
        return ""
    end
    local range = self:take(count)
    tree:add(fields[name], range)
    return range
end

function Reader:text(tree, name)
    local count = self:count()
    if count == 0 then
        tree:add(fields[name], self.tvb:range(self.at - 1, 1), "")
        return ""
    end
    local range = self:take(count)
    tree:add_packet_field(fields[name], range, ENC_UTF_8)
    return range:string(ENC_UTF_8)
end

-- A group of fields in the tree, closed where the reader stands in the end.
function Reader:group(tree, title, body)
    local start = self.at
    local item = tree:add(assay, self.tvb:range(start, self:left()), title)
    body(item)
    item:set_len(self.at - start)
    return item
end

function Reader:many(tree, title, body)
    local count = self:count()
    for number = 1, count do self:group(tree, title .. " " .. number .. " of " .. count, body) end
    return count
end

-- The structures of Protocol/sync.md.

function Reader:hash(tree) tree:add(fields.hash, self:take(32)) end

function Reader:point(tree, title)
    self:group(tree, title, function(item)
        if self:number(item, "sequence"):tonumber() > 0 then self:hash(item) else item:append_text(": none") end
    end)
end

function Reader:run(tree)
    local start = self.at
    local first, more = self:varint():tonumber(), self:varint():tonumber()
    local text = string.format("%.0f to %.0f", first, first + more)
    tree:add(fields.range, self.tvb:range(start, self.at - start), text)
    return text
end

function Reader:ranges(tree)
    local least = 1
    for _ = 1, self:count() do
        local start = self.at
        local first = least + self:varint():tonumber()
        local last = first + self:varint():tonumber()
        tree:add(fields.range, self.tvb:range(start, self.at - start), string.format("%.0f to %.0f", first, last))
        least = last + 2
    end
end

function Reader:lineage(tree)
    self:fixed64(tree, "hub")
    self:number(tree, "epoch")
end

function Reader:cursor(tree)
    local kind = self:u8(tree, "cursor")
    if kind > 2 then error("invalid-value", 0) end
    if kind > 0 then self:number(tree, "position") end
    if kind == 2 then self:block(tree, "resume") end
end

function Reader:flag(tree, name)
    local value = self:u8(tree, name)
    if value > 1 then error("invalid-value", 0) end
    return value == 1
end

function Reader:keyRange(tree)
    if self:flag(tree) then tree:add(fields.low, self:take(14)) end
    if self:flag(tree) then tree:add(fields.high, self:take(14)) end
end

function Reader:rangeDigest(tree)
    self:keyRange(tree)
    tree:add(fields.digest, self:take(32))
end

-- A segment's header (Protocol/README.md, "Segment"), or a snapshot chunk's.
function Reader:payload(tree, isSegment)
    if self:left() == 0 then return end
    local payload = tree:add(fields.payload, self.tvb:range(self.at, self:left()))
    -- The session carries these bytes without reading them: what is wrong inside of them is not the frame's fault.
    local inner = setmetatable({ tvb = self.tvb, at = self.at, stop = self.stop }, Reader)
    local ok, problem = pcall(function()
        if inner:u8(payload, "payload_version") ~= 1 then return end
        if isSegment then
            inner:fixed64(payload, "origin")
            inner:number(payload, "payload_first")
            inner:number(payload, "payload_count")
        end
        inner:number(payload, "payload_size")
        if inner:left() > 0 then payload:add(fields.payload_body, inner:take(inner:left())) end
    end)
    if not ok then payload:append_text(" (not a payload of version 1: " .. tostring(problem) .. ")") end
    self.at = self.stop
end

-- Bodies, by the type's number. Each returns what the packet list says of it beside its name.
-- Documents of a scope, and the position after them.
local function documents(r, tree)
    local scope = r:text(tree, "scope")
    local position = r:number(tree, "position")
    r:payload(tree, false)
    return scope .. ", to " .. tostring(position)
end

local FRAMES = {
    [1] = { "hello", function(r, tree)
        r:many(tree, "Version", function(item) r:number(item, "version") end)
        tree:add(fields.organisation, r:take(16))
        local replica = r:fixed64(tree, "replica")
        r:text(tree, "role")
        local device = r:text(tree, "device")
        r:clock(tree)
        r:block(tree, "public_key")
        r:point(tree, "Head")
        local flags = r:take(1)
        tree:add(fields.flags, flags)
        tree:add(fields.wants_live, flags)
        tree:add(fields.is_hub, flags)
        r:number(tree, "at_hub")
        r:number(tree, "at_hq")
        if r:flag(tree) then
            r:group(tree, "Lineage", function(item) r:lineage(item) end)
            r:point(tree, "Hub's head")
        end
        r:many(tree, "Subscription", function(item)
            r:text(item, "scope")
            r:cursor(item)
            if r:flag(item) then item:add(fields.digest, r:take(32)) end
        end)
        return replica .. " " .. device
    end },
    [2] = { "welcome", function(r, tree)
        r:number(tree, "version")
        tree:add(fields.organisation, r:take(16))
        r:group(tree, "Lineage", function(item) r:lineage(item) end)
        local name = r:text(tree, "hub_name")
        r:clock(tree)
        r:number(tree, "credit")
        r:group(tree, "Held of the child", function(item) r:ranges(item) end)
        r:group(tree, "At HQ of the child", function(item) r:ranges(item) end)
        r:point(tree, "Shared")
        r:number(tree, "mark")
        r:many(tree, "Scope", function(item)
            local standing = r:u8(item, "standing")
            if standing > 3 then error("invalid-value", 0) end
            if standing > 0 then r:number(item, "end") end
        end)
        if r:flag(tree) then r:group(tree, "Headquarters", function(item) r:lineage(item) end) end
        return name
    end },
    [3] = { "offer", function(r, tree)
        return r:many(tree, "Origin", function(item)
            item:append_text(": " .. r:fixed64(item, "origin"))
            r:ranges(item)
            if r:flag(item) then r:hash(item) end
        end) .. " origins"
    end },
    [4] = { "want", function(r, tree)
        return r:many(tree, "Origin", function(item)
            item:append_text(": " .. r:fixed64(item, "origin"))
            r:ranges(item)
            r:point(item, "Known")
        end) .. " origins"
    end },
    [5] = { "segment", function(r, tree)
        local origin = r:fixed64(tree, "origin")
        local run = r:run(tree)
        r:payload(tree, true)
        return origin .. " " .. run
    end },
    [6] = { "receipt", function(r, tree)
        local level = r:u8(tree, "level")
        r:many(tree, "Origin", function(item)
            item:append_text(": " .. r:fixed64(item, "origin"))
            r:ranges(item)
        end)
        r:many(tree, "Note", function(item)
            r:u8(item, "note")
            r:fixed64(item, "origin")
            r:run(item)
            r:text(item, "code")
            r:text(item, "reason")
        end)
        return LEVELS[level] or error("invalid-value", 0)
    end },
    [7] = { "pull", function(r, tree)
        local scope = r:text(tree, "scope")
        r:cursor(tree)
        r:number(tree, "credit")
        return scope
    end },
    [8] = { "feed", function(r, tree)
        local scope = r:text(tree, "scope")
        local position = r:number(tree, "position")
        local origin = r:fixed64(tree, "origin")
        local run = r:run(tree)
        r:payload(tree, true)
        return scope .. " to " .. tostring(position) .. ": " .. origin .. " " .. run
    end },
    [9] = { "feedEnd", function(r, tree)
        local scope = r:text(tree, "scope")
        return scope .. " at " .. tostring(r:number(tree, "position"))
    end },
    [10] = { "snapshotBegin", function(r, tree)
        local scope = r:text(tree, "scope")
        r:number(tree, "position")
        return scope .. ", " .. tostring(r:number(tree, "documents")) .. " documents"
    end },
    [11] = { "snapshotChunk", function(r, tree)
        local scope = r:text(tree, "scope")
        local index = r:number(tree, "index")
        if r:flag(tree) then r:block(tree, "resume") end
        r:payload(tree, false)
        return scope .. " " .. tostring(index)
    end },
    [12] = { "snapshotEnd", function(r, tree) return r:text(tree, "scope") end },
    [13] = { "credit", function(r, tree) return tostring(r:number(tree, "credit")) end },
    [14] = { "ping", function(r, tree) return tostring(r:number(tree, "number")) end },
    [15] = { "pong", function(r, tree) return tostring(r:number(tree, "number")) end },
    [16] = { "error", function(r, tree)
        local code = r:text(tree, "code")
        r:flag(tree, "ends_session")
        r:text(tree, "subject")
        local message = r:text(tree, "message")
        tree:add_proto_expert_info(refused, code .. ": " .. message)
        return code
    end },
    [17] = { "bye", function() return "" end },
    [32] = { "compare", function(r, tree)
        local scope = r:text(tree, "scope")
        return scope .. ", " .. r:many(tree, "Range", function(item) r:rangeDigest(item) end) .. " ranges"
    end },
    [33] = { "differences", function(r, tree)
        local scope = r:text(tree, "scope")
        r:number(tree, "position")
        return scope .. ", " .. r:many(tree, "Part", function(item)
            local part = r:u8(item, "part")
            if part == 0 then
                r:rangeDigest(item)
            elseif part == 1 then
                r:keyRange(item)
                r:many(item, "Document", function(document)
                    document:add(fields.key, r:take(14))
                    document:add(fields.digest, r:take(32))
                end)
            else
                error("invalid-value", 0)
            end
        end) .. " parts"
    end },
    [34] = { "fetch", function(r, tree)
        local scope = r:text(tree, "scope")
        r:number(tree, "credit")
        return scope .. ", " .. r:many(tree, "Document", function(item) item:add(fields.key, r:take(14)) end) .. " documents"
    end },
    [35] = { "grant", documents },
    [36] = { "revoke", documents },
    [37] = { "states", function(r, tree)
        local scope = r:text(tree, "scope")
        local answered = r:number(tree, "answered")
        r:payload(tree, false)
        return scope .. ", " .. tostring(answered) .. " documents"
    end },
    [39] = { "probe", function(r, tree)
        local origin = r:fixed64(tree, "origin")
        return origin .. ", " .. r:many(tree, "Sequence", function(item) r:number(item, "number") end) .. " sequences"
    end },
    [40] = { "hashes", function(r, tree)
        local origin = r:fixed64(tree, "origin")
        r:number(tree, "end")
        return origin .. ", " .. r:many(tree, "Hash", function(item) if r:flag(item) then r:hash(item) end end) .. " hashes"
    end },
}

-- One whole frame: its type stands at `start`, its end before `stop`.
local function frame(tvb, pinfo, tree, at, start, stop)
    local kind = tvb:range(start, 1):uint()
    local known = FRAMES[kind]
    local name = known and known[1] or "type " .. kind
    local item = tree:add(assay, tvb:range(at, stop - at), "Assay " .. name)
    item:add(fields.length, tvb:range(at, start - at), UInt64(stop - start))
    item:add(fields.type, tvb:range(start, 1)):append_text(" (" .. name .. ")")
    local summary = ""
    if not known then
        item:add_proto_expert_info(malformed, "a frame of type " .. kind)
    elseif not known[2] then
        if stop > start + 1 then item:add(fields.body, tvb:range(start + 1, stop - start - 1)) end
    else
        local reader = setmetatable({ tvb = tvb, at = start + 1, stop = stop }, Reader)
        local ok, result = pcall(known[2], reader, item)
        if ok and reader:left() > 0 then ok, result = false, "trailing-bytes" end
        if ok then
            summary = tostring(result)
        else
            item:add_proto_expert_info(malformed, name .. ": " .. tostring(result))
            summary = "malformed: " .. tostring(result)
        end
    end
    if summary ~= "" then item:append_text(": " .. summary) end
    return name
end

-- The length before a frame; nil where its own bytes are not all there.
local function length(tvb, at)
    local reader = setmetatable({ tvb = tvb, at = at, stop = tvb:len() }, Reader)
    local ok, value = pcall(function() return reader:varint():tonumber() end)
    if ok then return value, reader.at end
    if value ~= "truncated" then return -1, at end
    return nil
end

function assay.dissector(tvb, pinfo, tree)
    local at, names = 0, {}
    pinfo.cols.protocol = "Assay"
    pinfo.cols.info = ""
    while at < tvb:len() do
        local count, start = length(tvb, at)
        if count == nil then
            pinfo.desegment_offset = at
            pinfo.desegment_len = DESEGMENT_ONE_MORE_SEGMENT
            break
        end
        if count < 1 or count > FRAME_BYTES_MAX then
            tree:add(assay, tvb:range(at), "Assay"):add_proto_expert_info(malformed, "no length of a frame")
            names[#names + 1] = "malformed"
            at = tvb:len()
            break
        end
        local stop = start + count
        if stop > tvb:len() then
            pinfo.desegment_offset = at
            pinfo.desegment_len = stop - tvb:len()
            break
        end
        names[#names + 1] = frame(tvb, pinfo, tree, at, start, stop)
        at = stop
    end
    pinfo.cols.info = table.concat(names, ", ")
    return tvb:len()
end

DissectorTable.get("tcp.port"):add(7400, assay)
DissectorTable.get("tcp.port"):add_for_decode_as(assay)
