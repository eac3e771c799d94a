#!/usr/bin/env bash
# What a portal does with a tenant, from the first order to the end of the contract, through REST: the same steps as
# examples/portal. It needs bash and curl, and ends at the first answer that is not the expected one.
#
#   URL=http://127.0.0.1:8090 OPERATOR_TOKEN=tr_op_… INTERNAL_TOKEN=tr_int_… examples/curl.sh
set -euo pipefail

URL="${URL:-http://127.0.0.1:8090}"
: "${OPERATOR_TOKEN:?set it: npm start prints it}" "${INTERNAL_TOKEN:?set it: npm start prints it}"

umask 077
files="$(mktemp -d)"
trap 'rm -rf "$files"' EXIT
# In files, because everybody on the machine can read the arguments of a command.
printf 'authorization: Bearer %s\n' "$OPERATOR_TOKEN" >"$files/operator"
printf 'authorization: Bearer %s\n' "$INTERNAL_TOKEN" >"$files/internal"

steps=0
step() {
  steps=$((steps + 1))
  printf '%2d. %s\n' "$steps" "$1"
}

fail() {
  printf 'curl.sh: %s\n' "$1" >&2
  exit 1
}

# call <as> <expected status> <method> <path> [json body] [further arguments of curl]: leaves the answer in $body.
call() {
  local as="$1" expected="$2" method="$3" path="$4" json="${5:-}"
  shift "$(($# < 5 ? $# : 5))"
  local arguments=(--silent --show-error --max-time 30 --request "$method" --header "@$files/$as")
  arguments+=(--dump-header "$files/headers" --output "$files/body" --write-out '%{http_code}')
  if [ -n "$json" ]; then arguments+=(--header 'content-type: application/json' --data "$json"); fi
  : >"$files/body" # a 204 writes none
  local status
  status="$(curl "${arguments[@]}" "$@" "$URL$path")" || fail "$method $path: no answer"
  body="$(cat "$files/body")"
  [ "$status" = "$expected" ] || fail "$method $path: $status instead of $expected: $body"
}

operator() { call operator "$@"; }
product() { call internal "$@"; }

# The value of the first field of that name in $body. Enough for this; a program of yours has a JSON parser.
field() {
  local pattern="\"$1\":\"?([^\",}]*)"
  [[ "$body" =~ $pattern ]] || fail "the answer has no $1: $body"
  printf '%s' "${BASH_REMATCH[1]}"
}

# is <field> <value>: what the answer has to say.
is() { [ "$(field "$1")" = "$2" ] || fail "$1 should be $2: $body"; }

header() {
  grep -i "^$1: " "$files/headers" | cut -d ' ' -f 2- | tr -d '\r' || fail "the answer has no header $1"
}

slug="example-$(date +%s)-$$"
order="{\"slug\":\"$slug\",\"name\":\"Example GmbH\",\"sales_owner\":\"alex@example.com\"}"

# A customer orders. The order's own number is the key: sent again, it is the same order.
operator 201 POST /v1/tenants "$order" --header "idempotency-key: order-$slug"
id="$(field id)"
is status trial
trial_ends_at="$(field trial_ends_at)"
step "created the tenant $slug: trial until $trial_ends_at"

operator 201 POST /v1/tenants "$order" --header "idempotency-key: order-$slug"
is id "$id"
replayed="$(header idempotency-replayed)"
[ "$replayed" = true ] || fail 'the answer should be the first one again'
step 'sent the order again: the answer was replayed, nothing was made twice'

operator 409 POST /v1/tenants "$order"
is code slug_taken
step 'another order for the same slug was refused'

operator 200 GET "/v1/tenants/$id"
etag="$(header etag)"
operator 200 PATCH "/v1/tenants/$id" '{"name":"Example GmbH & Co. KG"}' --header "if-match: $etag"
step 'renamed it, as the version that was read'

operator 412 PATCH "/v1/tenants/$id" '{"name":"Old page"}' --header "if-match: $etag"
is code precondition_failed
step 'a change made from the old version was refused'

operator 200 POST "/v1/tenants/$id/activate" '{"plan":"professional"}'
is status active
is plan professional
step 'activated it: active, plan professional'

# What it may use.
operator 200 GET /v1/catalog
[[ "$body" == *'"certifai"'* && "$body" == *'"compliance"'* ]] || fail "this needs the built-in catalog: $body"
step 'the catalog has certifai and compliance'

project="{\"tenant_id\":\"$id\",\"slug\":\"press-line-4\",\"name\":\"Press line 4\"}"
operator 403 POST /v1/projects "$project"
is code projects_not_enabled
step 'a project was refused: no product of the tenant has projects yet'

operator 201 POST /v1/catalog/trial-request "{\"tenant_id\":\"$id\",\"product\":\"compliance\"}"
ends_at="$(field ends_at)"
step "started a trial of compliance: until $ends_at"

request="{\"tenant_id\":\"$id\",\"product\":\"certifai\",\"message\":\"For the audit.\"}"
operator 201 POST /v1/catalog/request "$request"
request_id="$(field id)"
operator 409 POST /v1/catalog/request "$request"
is code request_open
operator 200 POST "/v1/catalog/requests/$request_id/grant"
is state granted
step 'asked for certifai; an operator decided: granted'

operator 200 PUT /v1/entitlements "{\"tenant_id\":\"$id\",\"product\":\"certifai\",\"config\":{\"seats\":25}}"
operator 200 GET "/v1/entitlements/check?tenant_id=$id&product=certifai"
is allowed true
is source contract
step 'it is entitled to certifai (contract) and compliance (trial)'

operator 201 POST /v1/projects "$project"
project_id="$(field id)"
operator 200 GET "/v1/projects?tenant_id=$id&status=active"
is id "$project_id"
step 'created the project press-line-4'

# API keys.
operator 201 POST /v1/api-keys \
  "{\"tenant_id\":\"$id\",\"project_id\":\"$project_id\",\"name\":\"CI\",\"scopes\":[\"reports:read\"]}"
first_id="$(field id)"
first="$(field key)"
prefix="$(field prefix)"
step "created the API key $prefix…, which is seen once"

product 200 POST /v1/internal/api-keys/verify "{\"key\":\"$first\",\"scopes\":[\"reports:read\"]}"
is valid true
product 200 POST /v1/internal/api-keys/verify "{\"key\":\"$first\",\"scopes\":[\"reports:write\"]}"
is code insufficient_scope
step 'a product verified it: it may read reports, and not write them'

operator 201 POST "/v1/api-keys/$first_id/rotate" '{"grace_seconds":3600}'
second="$(field key)"
prefix="$(field prefix)"
for key in "$first" "$second"; do
  product 200 POST /v1/internal/api-keys/verify "{\"key\":\"$key\"}"
  is valid true
done
step "rotated it to $prefix…: both work for an hour"

operator 204 DELETE "/v1/api-keys/$first_id"
product 200 POST /v1/internal/api-keys/verify "{\"key\":\"$first\"}"
is code revoked
step 'revoked the old one'

# What happened.
operator 200 GET "/v1/audit?tenant_id=$id&action=api_key.*&limit=1"
is action api_key.revoked
cursor="$(field next_cursor)"
operator 200 GET "/v1/audit?tenant_id=$id&action=api_key.*&limit=1&cursor=$cursor"
is action api_key.rotated
step 'the audit log tells of it, page by page'

operator 200 GET "/v1/audit/export?tenant_id=$id&format=ndjson"
events="$(wc -l <"$files/body")"
operator 200 GET "/v1/audit/export?tenant_id=$id&format=csv"
[ "$(wc -l <"$files/body")" -eq $((events + 1)) ] || fail 'the CSV should have a line for each event, and a header'
step "exported $((events)) events, and the same as CSV"

# The contract ends.
operator 409 DELETE "/v1/tenants/$id"
is code tenant_not_archived
operator 200 POST "/v1/tenants/$id/cancel" '{"reason":"The contract has ended."}'
is status frozen
step 'canceled it: frozen'

operator 409 POST /v1/api-keys "{\"tenant_id\":\"$id\",\"name\":\"late\"}"
is code tenant_frozen
product 200 POST /v1/internal/api-keys/verify "{\"key\":\"$second\"}"
is code tenant_frozen
product 200 POST /v1/internal/api-keys/verify "{\"key\":\"$second\",\"access\":\"read\"}"
is valid true
step 'it is read-only now: a new key was refused, and the one that is left only reads'

operator 200 POST "/v1/tenants/$id/archive"
is status archived
product 200 POST /v1/internal/api-keys/verify "{\"key\":\"$second\",\"access\":\"read\"}"
is code tenant_archived
step 'archived it: archived, and no key works any more'

operator 204 DELETE "/v1/tenants/$id"
operator 404 GET "/v1/tenants/$id"
operator 200 GET "/v1/audit?target_id=$id&action=tenant.*"
is action tenant.deleted
step 'deleted it; the audit log keeps its life'
echo 'That was the whole life of a tenant.'
