#!/usr/bin/env bash
# Gives a tenant a network through REST: a range, a sub-range for each of two projects, and ten machines with their addresses.
# Needs bash and curl, stops at the first unexpected answer, and deletes the tenant at the end.
#
#   URL=http://127.0.0.1:8090 OPERATOR_TOKEN=tr_op_… examples/network.sh
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/rest.sh"

slug="network-$(date +%s)-$$"
operator 201 POST /v1/tenants "{\"slug\":\"$slug\",\"name\":\"Example GmbH\",\"region\":\"eu-central\"}"
tenant="$(field id)"
operator 200 POST "/v1/tenants/$tenant/activate" '{"plan":"professional"}'
operator 200 PUT /v1/entitlements "{\"tenant_id\":\"$tenant\",\"product\":\"certifai\"}"
step "created the tenant $slug, which may have projects"

# The range. Those of one space never overlap; this example has a space to itself.
operator 404 GET "/v1/tenants/$tenant/network"
operator 200 PUT "/v1/tenants/$tenant/network" "{\"cidr\":\"10.20.0.0/24\",\"space\":\"$slug\"}"
is cidr 10.20.0.0/24
operator 400 PUT "/v1/tenants/$tenant/network" '{"cidr":"10.20.0.7/24"}'
is code invalid_input
step 'gave it the range 10.20.0.0/24; one with bits set after its prefix was refused'

# Two projects: one chooses its part, the other takes whatever is free.
projects=() resources=()
for name in press paint; do
  operator 201 POST /v1/projects "{\"tenant_id\":\"$tenant\",\"slug\":\"$name\",\"name\":\"$name\"}"
  projects+=("$(field id)")
  machine="{\"tenant_id\":\"$tenant\",\"project_id\":\"${projects[-1]}\",\"kind\":\"site\",\"name\":\"Hall of $name\"}"
  operator 201 POST /v1/resources "$machine"
  resources+=("$(field id)")
done
operator 200 PUT "/v1/projects/${projects[0]}/sub-range" '{"cidr":"10.20.0.64/27"}'
is cidr 10.20.0.64/27
operator 409 PUT "/v1/projects/${projects[1]}/sub-range" '{"cidr":"10.20.0.80/28"}'
is code sub_range_overlaps
operator 200 PUT "/v1/projects/${projects[1]}/sub-range" '{"prefix_length":27}'
second="$(field cidr)"
step "the project press has 10.20.0.64/27, and paint $second: a part of the first one was refused"

# Ten machines. Each gets the lowest free address of its project's part.
nodes=()
for number in 0 1 2 3 4 5 6 7 8 9; do
  project="${projects[$((number % 2))]}" resource="${resources[$((number % 2))]}"
  machine="{\"tenant_id\":\"$tenant\",\"project_id\":\"$project\",\"resource_id\":\"$resource\",\"name\":\"edge-$number\"}"
  operator 201 POST /v1/nodes "$machine"
  nodes+=("$(field id)")
  operator 200 POST "/v1/nodes/${nodes[-1]}/enroll"
  is state enrolling
  address="$(field ip)"
  operator 200 POST "/v1/nodes/${nodes[-1]}/ready"
  is state ready
  ready_at="$(field ready_at)"
  step "edge-$number is ready at $address"
done

operator 200 POST "/v1/nodes/${nodes[0]}/address"
is ip 10.20.0.65
operator 409 POST "/v1/nodes/${nodes[2]}/address" '{"ip":"10.20.0.65"}'
operator 409 PUT "/v1/tenants/$tenant/network" '{"cidr":"10.20.0.64/27"}'
is code range_in_use
step 'a node that asks again has the address that it has; a range that leaves addresses outside was refused'

operator 200 GET "/v1/tenants/$tenant/network/usage"
step "usage: $(field used) of $(field capacity) addresses, the largest free part is a /$(field largest_prefix)"

# Who had it?
operator 200 POST "/v1/nodes/${nodes[0]}/deregister" '{"reason":"The machine was replaced."}'
is state deregistered
operator 200 GET "/v1/tenants/$tenant/network/addresses/10.20.0.65"
is held false
operator 200 GET "/v1/tenants/$tenant/network/addresses/10.20.0.65?at=$ready_at"
is held true
is node_name edge-0
step 'deregistered edge-0: its address is free, and the registry still knows who had it'

for remaining in cancel archive; do operator 200 POST "/v1/tenants/$tenant/$remaining"; done
operator 204 DELETE "/v1/tenants/$tenant"
step 'deleted the tenant, and its network with it'
echo 'That was a network of ten machines.'
