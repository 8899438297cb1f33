-- The packages of a release, from a tag in a repository of their own: what is installed from them works where it is, in a
-- shell that knows nothing of it, and two builds of the same files are the same.
local lab = require "spec.lab"
local version = require("rollcall").version

local copy, bare = lab.folder .. "/copy", lab.folder .. "/repository.git"
local unset = "unset LUA_PATH_5_4 LUA_CPATH_5_4 MAKEFLAGS MAKELEVEL; "

local function succeeds(command, ...)
  local output, code, complaint = lab.run(unset .. command:format(...))
  assert(code == 0, complaint .. output)
  return output
end

local function copy_tree(folder)
  succeeds("mkdir -p '%s' && tar -cf - --exclude=./build --exclude=./.git . | tar -xf - -C '%s'", folder, folder)
end

local function luarocks(arguments, ...)
  return succeeds("cd %s && luarocks --lua-version 5.4 " .. arguments, lab.folder, ...)
end

---Has the command of a tree make a roll call, without `luarocks path`.
local function works_in(tree)
  local output, code, complaint = lab.run(unset .. (
    "cd / && ROLLCALL_PASSWORD=$LAB_PASSWORD '%s/bin/rollcall' connections %s -q people -U %s -f csv"):format(
    tree, lab.double, lab.username))
  assert.equal(0, code, complaint)
  assert.is_truthy(output:find("CORP\\alice", 1, true))
  assert.equal("rollcall " .. version, lab.run(unset .. "cd / && '" .. tree .. "/bin/rollcall' --version"):match "[^\n]*")
end

describe("a rock", function()
  local name = "rollcall-" .. version .. "-1"
  local rockspec = copy .. "/rockspec/" .. name .. ".rockspec"

  setup(function()
    copy_tree(copy)
    succeeds([[cd %s && make -s rockspecs SOURCE_URL=git+file://%s && git init -q && git add -A &&
      git -c user.name=release -c user.email=release@localhost.invalid commit -q -m release && git tag v%s && git clone -q --bare . %s]],
      copy, bare, version, bare)
    -- After the tag: must not be in what is installed.
    succeeds([[cd %s && echo 'error "not of this release"' > lua/rollcall/init.lua && git add -A &&
      git -c user.name=release -c user.email=release@localhost.invalid commit -q -m later && git push -q %s HEAD]], copy, bare)
  end)

  it("passes luarocks' own check, of the head and of the release", function()
    luarocks("lint %s", rockspec)
    luarocks("lint %s/rockspec/rollcall-scm-1.rockspec", copy)
  end)

  it("is installed from the repository's tag", function()
    luarocks("--tree %s/from-tag install --deps-mode none %s", lab.folder, rockspec)
    works_in(lab.folder .. "/from-tag")
  end)

  it("is packed with its sources, and installed from that", function()
    luarocks("pack %s", rockspec)
    luarocks("--tree %s/from-source install --deps-mode none %s.src.rock", lab.folder, name)
    works_in(lab.folder .. "/from-source")
  end)

  it("is packed as it was built, and installed from that", function()
    luarocks("--tree %s/from-tag pack rollcall", lab.folder)
    succeeds("rm -r %s/from-tag && cd %s && mv %s.linux-*.rock %s.$(uname -s | tr A-Z a-z)-$(uname -m).rock 2> /dev/null || true",
      lab.folder, lab.folder, name, name)
    luarocks("--tree %s/from-binary install --deps-mode none $(ls %s.linux-*.rock)", lab.folder, name)
    works_in(lab.folder .. "/from-binary")
  end)
end)

describe("a build", function()
  it("gives the same bytes in another folder, at another time, in another time zone and locale", function()
    local folders = { lab.folder .. "/one", lab.folder .. "/another place/and deeper" }
    local environments = { "TZ=UTC LC_ALL=C", "TZ=Asia/Kolkata LC_ALL=C.UTF-8 faketime -f '+400d'" }
    local sums = {}
    for i, folder in ipairs(folders) do
      copy_tree(folder)
      succeeds("cd '%s' && umask %s && %s make -s -j2 install DESTDIR=\"$PWD/build/installed\" && %s make -s deb",
        folder, i == 1 and "022" or "077", environments[i], environments[i])
      sums[i] = succeeds("cd '%s/build' && find installed deb/*.deb -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum", folder)
    end
    assert.is_true(select(2, sums[1]:gsub("\n", "")) > 50)
    assert.equal(sums[1], sums[2])
  end)
end)
