# shellcheck shell=sh
# For sourcing. A check collects what it did and writes it at its end, so that what stands in
# build/hardening is of a run that went well to its end.

facts=

# fact WHAT HOW-OFTEN RESULT
fact() {
  facts="$facts$1	$2	$3
"
  printf '  %s: %s: %s\n' "$1" "$2" "$3"
}

# write_facts FILE
write_facts() {
  mkdir -p "$(dirname "$1")"
  printf '%s' "$facts" > "$1"
}
