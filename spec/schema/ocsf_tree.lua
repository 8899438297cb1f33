-- For `make ocsf OCSF=DIR`, after the specs of OCSF: what they wrote is what OCSF's own schemas say, and so is ocsf.schema.json.
local collect = require "spec.lab.collect"
local events = require "rollcall.cli.events.ocsf"
local lab = require "spec.lab"
local text_file = require "spec.lab.text_file"

local folder

before_each(function() folder = lab.new_folder "ocsf" end)

local function put(name, text) return text_file.replace(folder .. "/" .. name, text) end

describe("OCSF's own schemas", function()
  it("take what was written, and refuse what differs from it", function()
    local source = assert(os.getenv "OCSF", "run this with make ocsf OCSF=DIR")
    local function held(script, files)
      return lab.run(("/usr/bin/python3 %s '%s' %s"):format(script, source, files))
    end
    local said, code, complaint = held("spec/schema/ocsf.py", collect.folder .. "/*.ocsf")
    assert.equal(0, code, said .. complaint)
    for _, class in ipairs { "base_event", "compliance_finding", "authentication" } do
      assert.is_truthy(said:find("[1-9]%d* " .. class), said)
    end
    local line = events.line({ event = "connected", kind = "smb_session", row = { servername = "fs1", username = "a" } }, 1700000000, {})
    for good, bad in pairs {
      ['"is_remote": true, '] = '"is_remote": 1, ', ['"activity_id": 1, '] = '"activity_id": 8, ', ['"severity_id": 1, '] = "",
      ['"status": "Success", '] = '"status": "Failure", ', ['"user": '] = '"uzer": ', ['"product": '] = '"produkt": ',
      ['"type_uid": 300201'] = '"type_uid": 300202', ['"dst_endpoint": {"name": "fs1"}, '] = "", ['{"name": "fs1"}'] = '{"port": 1}',
      ['"time": 1700000000000'] = '"time": "now"', ['"class_uid": 3002'] = '"class_uid": 3003', ['"name": "fs1"'] = '"ip": "1.2.3"',
      -- Of a profile, and deprecated.
      ['"is_remote": true, "logon'] = '"is_remote": true, "device": {"type_id": 1, "name": "x"}, "logon',
      ['"user": {'] = '"user": {"credential_uid": "x", ',
    } do
      local place = line:find(good, 1, true)
      assert.is_truthy(place, good)
      local path = put("bad.ocsf", line:sub(1, place - 1) .. bad .. line:sub(place + #good))
      said, code, complaint = held("spec/schema/ocsf.py", path)
      assert.same({ 1, "" }, { code, complaint }, bad .. said)
    end
    -- And what ours would take beyond theirs.
    local ours = text_file.content "spec/schema/ocsf.schema.json"
    lab.run(("cp spec/schema/ocsf.py %s"):format(folder))
    for good, bad in pairs {
      ['"status_detail": {"$ref"'] = '"status_details": {"$ref"',
      ['"is_remote": {"const": true}'] = '"is_remote": {"const": 1}',
      ['"activity_id": {"enum": [1, 2, 99]}'] = '"activity_id": {"enum": [1, 8]}',
      ['"metadata", "user"'] = '"metadata"',
      ['"user": {"$ref": "#/$defs/user"},\n        "src'] = '"user": {"$ref": "#/$defs/product"},\n        "src',
      ['{"required": ["ip"]}'] = '{"required": ["port"]}', ['"logon_type": {"const": "Network"}'] = '"logon_type": {"const": "Batch"}',
      ['"type_id": {"const": 1}'] = '"type_id": {"const": 77}', ['"count": {"type": "integer"'] = '"count": {"type": "string"',
      ['"resources": {"type": "array"'] = '"resource": {"type": "array"',
      ['"additionalProperties": false'] = '"additionalProperties": true',
      ['"version": {"const": "1.8.0"}'] = '"version": {"const": "1.2.0"}',
    } do
      local place = ours:find(good, 1, true)
      assert.is_truthy(place, good)
      put("ocsf.schema.json", ours:sub(1, place - 1) .. bad .. ours:sub(place + #good))
      said, code, complaint = held(folder .. "/ocsf.py", "")
      assert.same({ 1, "" }, { code, complaint }, bad .. said)
    end
  end)
end)
