# Calls of the registry with curl, for the scripts beside this file. They stop at the first unexpected answer.
# shellcheck shell=bash

URL="${URL:-http://127.0.0.1:8090}"
: "${OPERATOR_TOKEN:?set OPERATOR_TOKEN: npm start prints it}"

umask 077
files="$(mktemp -d)"
trap 'rm -rf "$files"' EXIT
# The tokens are passed in files: every user of the machine can read the arguments of a command.
printf 'authorization: Bearer %s\n' "$OPERATOR_TOKEN" >"$files/operator"
printf 'authorization: Bearer %s\n' "${INTERNAL_TOKEN:-}" >"$files/internal"

steps=0
step() {
  steps=$((steps + 1))
  printf '%2d. %s\n' "$steps" "$1"
}

fail() {
  printf '%s: %s\n' "$(basename "$0")" "$1" >&2
  exit 1
}

# call <as> <expected status> <method> <path> [json body] [further arguments of curl]: stores the answer in $body.
call() {
  local as="$1" expected="$2" method="$3" path="$4" json="${5:-}"
  shift "$(($# < 5 ? $# : 5))"
  local arguments=(--silent --show-error --max-time 30 --request "$method" --header "@$files/$as")
  arguments+=(--dump-header "$files/headers" --output "$files/body" --write-out '%{http_code}')
  if [ -n "$json" ]; then arguments+=(--header 'content-type: application/json' --data "$json"); fi
  : >"$files/body" # curl writes no file for a 204
  local status
  status="$(curl "${arguments[@]}" "$@" "$URL$path")" || fail "$method $path: the registry did not answer"
  body="$(cat "$files/body")"
  [ "$status" = "$expected" ] || fail "$method $path: $status instead of $expected: $body"
}

operator() { call operator "$@"; }
product() { call internal "$@"; }

# field <name>: prints the value of the first field with this name in $body. A real program uses a JSON parser.
field() {
  local pattern="\"$1\":\"?([^\",}]*)"
  [[ "$body" =~ $pattern ]] || fail "the answer has no $1: $body"
  printf '%s' "${BASH_REMATCH[1]}"
}

# is <field> <value>: stops unless the field of the answer has this value.
is() { [ "$(field "$1")" = "$2" ] || fail "$1 should be $2: $body"; }

header() {
  grep -i "^$1: " "$files/headers" | cut -d ' ' -f 2- | tr -d '\r' || fail "the answer has no header $1"
}
