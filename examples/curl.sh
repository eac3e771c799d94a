#!/usr/bin/env bash
# Takes a tenant from the first order to the end of the contract through REST, in the steps of examples/portal. Needs bash
# and curl, and stops at the first unexpected answer.
#
#   URL=http://127.0.0.1:8090 OPERATOR_TOKEN=tr_op_… INTERNAL_TOKEN=tr_int_… examples/curl.sh
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/rest.sh"
: "${INTERNAL_TOKEN:?set INTERNAL_TOKEN: npm start prints it}"

slug="example-$(date +%s)-$$"
order="{\"slug\":\"$slug\",\"name\":\"Example GmbH\",\"sales_owner\":\"alex@example.com\"}"

# A customer orders. The order's number is the idempotency key, so a repeated request is recognized as one order.
operator 201 POST /v1/tenants "$order" --header "idempotency-key: order-$slug"
id="$(field id)"
is status trial
trial_ends_at="$(field trial_ends_at)"
step "created the tenant $slug: trial until $trial_ends_at"

operator 201 POST /v1/tenants "$order" --header "idempotency-key: order-$slug"
is id "$id"
replayed="$(header idempotency-replayed)"
[ "$replayed" = true ] || fail 'the answer should be a replay of the first one'
step 'sent the order again: the first answer was replayed, and no second tenant was created'

operator 409 POST /v1/tenants "$order"
is code slug_taken
step 'another order with this slug was refused'

operator 200 GET "/v1/tenants/$id"
etag="$(header etag)"
operator 200 PATCH "/v1/tenants/$id" '{"name":"Example GmbH & Co. KG"}' --header "if-match: $etag"
step 'renamed the tenant, at the version that was read'

operator 412 PATCH "/v1/tenants/$id" '{"name":"Old page"}' --header "if-match: $etag"
is code precondition_failed
step 'a change made from the old version was refused'

operator 200 POST "/v1/tenants/$id/activate" '{"plan":"professional"}'
is status active
is plan professional
step 'activated the tenant: active, plan professional'

# The products that the tenant may use.
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
step 'requested certifai, and an operator decided: granted'

operator 200 PUT /v1/entitlements "{\"tenant_id\":\"$id\",\"product\":\"certifai\",\"config\":{\"seats\":25}}"
operator 200 GET "/v1/entitlements/check?tenant_id=$id&product=certifai"
is allowed true
is source contract
step 'the tenant is entitled to certifai (contract) and compliance (trial)'

operator 201 POST /v1/projects "$project"
project_id="$(field id)"
operator 200 GET "/v1/projects?tenant_id=$id&status=active"
is id "$project_id"
operator 200 GET "/v1/limits?tenant_id=$id"
step "created the project press-line-4: the tenant has $(field used) of at most $(field limit)"

# API keys.
operator 201 POST /v1/api-keys \
  "{\"tenant_id\":\"$id\",\"project_id\":\"$project_id\",\"name\":\"CI\",\"scopes\":[\"reports:read\"]}"
first_id="$(field id)"
first="$(field key)"
prefix="$(field prefix)"
step "created the API key $prefix…, whose secret is shown once"

product 200 POST /v1/internal/api-keys/verify "{\"key\":\"$first\",\"scopes\":[\"reports:read\"]}"
is valid true
product 200 POST /v1/internal/api-keys/verify "{\"key\":\"$first\",\"scopes\":[\"reports:write\"]}"
is code insufficient_scope
step 'a product verified the key: it may read reports, and not write them'

operator 201 POST "/v1/api-keys/$first_id/rotate" '{"grace_seconds":3600}'
second="$(field key)"
prefix="$(field prefix)"
for key in "$first" "$second"; do
  product 200 POST /v1/internal/api-keys/verify "{\"key\":\"$key\"}"
  is valid true
done
step "rotated the key to $prefix…: both keys work for an hour"

operator 204 DELETE "/v1/api-keys/$first_id"
product 200 POST /v1/internal/api-keys/verify "{\"key\":\"$first\"}"
is code revoked
step 'revoked the old key'

# The audit log.
operator 200 GET "/v1/audit?tenant_id=$id&action=api_key.*&limit=1"
is action api_key.revoked
cursor="$(field next_cursor)"
operator 200 GET "/v1/audit?tenant_id=$id&action=api_key.*&limit=1&cursor=$cursor"
is action api_key.created
step 'read the events of the keys in the audit log, page by page'

operator 200 GET "/v1/audit/export?tenant_id=$id&format=ndjson"
events="$(wc -l <"$files/body")"
operator 200 GET "/v1/audit/export?tenant_id=$id&format=csv"
[ "$(wc -l <"$files/body")" -eq $((events + 1)) ] || fail 'the CSV should have a line for each event, and a header'
step "exported $((events)) events, as JSON lines and as CSV"

# The contract ends.
operator 409 DELETE "/v1/tenants/$id"
is code tenant_not_archived
operator 200 POST "/v1/tenants/$id/cancel" '{"reason":"The contract has ended."}'
is status frozen
step 'canceled the contract: the tenant is frozen'

operator 409 POST /v1/api-keys "{\"tenant_id\":\"$id\",\"name\":\"late\"}"
is code tenant_frozen
product 200 POST /v1/internal/api-keys/verify "{\"key\":\"$second\"}"
is code tenant_frozen
product 200 POST /v1/internal/api-keys/verify "{\"key\":\"$second\",\"access\":\"read\"}"
is valid true
step 'the tenant is read-only: a new key was refused, and the remaining key only reads'

operator 200 POST "/v1/tenants/$id/archive"
is status archived
product 200 POST /v1/internal/api-keys/verify "{\"key\":\"$second\",\"access\":\"read\"}"
is code tenant_archived
step 'archived the tenant: no key works any more'

operator 204 DELETE "/v1/tenants/$id"
operator 404 GET "/v1/tenants/$id"
operator 200 GET "/v1/audit?target_id=$id&action=tenant.*"
is action tenant.deleted
step 'deleted the tenant: its audit log stays'
echo 'That was the whole life of a tenant.'
