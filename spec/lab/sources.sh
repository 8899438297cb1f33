# shellcheck shell=sh
# The Debian sources of packages as they are installed here. For sourcing, with $folder, an absolute path
# under which sources are kept, and $log, a file in it.

# Sources come from where packages come from. Nothing of the system's own lists is changed.
apt=${folder:?}/apt
apt_source() {
  if [ ! -e "$apt/sources.list" ]; then
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    # shellcheck disable=SC2016
    apt-get indextargets --format 'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(REPO_URI) $(RELEASE) $(COMPONENT)' \
      'Created-By: Packages' 'Origin: Debian' | sort -u > "$apt/sources.list.new"
    apt_here update
    mv "$apt/sources.list.new" "$apt/sources.list"
  fi
  apt_here source "$1"
}
apt_here() {
  list=$apt/sources.list
  [ -e "$list" ] || list=$list.new
  apt-get -qq -o "Dir::Etc::sourcelist=$list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$apt/lists" \
    -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root "$@" >> "${log:?}" 2>&1
}

# $1: an installed package. Sets $version, and $source to the unpacked source.
find_source() {
  version=$(dpkg-query -W -f '${source:Package}-${source:Version}' "$1")
  source=$folder/sources/$version
  [ ! -d "$source" ] || return 0
  rm -rf "$source.new"
  mkdir -p "$source.new"
  (cd "$source.new" && apt_source "$(dpkg-query -W -f '${source:Package}=${source:Version}' "$1")") || { tail -5 "$log" >&2; exit 1; }
  mv "$source.new" "$source"
}
