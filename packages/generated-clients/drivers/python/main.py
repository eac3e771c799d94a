"""Uses the generated client of the registry for everything that a product and an operator do with a key."""

import os
from typing import TypeVar

from tenant_registry import AuthenticatedClient
from tenant_registry.api.api_keys import create_api_key, revoke_api_key
from tenant_registry.api.audit import append_audit_event
from tenant_registry.api.internal import get_keycloak_claims, verify_api_key
from tenant_registry.api.sso_configuration import create_idp_config, update_idp_config
from tenant_registry.api.tenants import (
    archive_tenant,
    cancel_tenant,
    create_tenant,
    delete_tenant,
    get_tenant,
    list_tenants,
    update_tenant,
)
from tenant_registry.models import (
    AppendAuditEventInput,
    AuditPartyInput,
    CreateApiKeyInput,
    CreateIdpConfigInput,
    CreateIdpConfigInputKind,
    CreateTenantInput,
    GetKeycloakClaimsInput,
    GetKeycloakClaimsInputUserAttrs,
    Problem,
    Tenant,
    UpdateIdpConfigInput,
    UpdateTenantInput,
    VerifyApiKeyInput,
)
from tenant_registry.types import UNSET, Response, Unset

T = TypeVar("T")


def client(token: str) -> AuthenticatedClient:
    return AuthenticatedClient(base_url=os.environ["REGISTRY_URL"], token=token)


operator = client(os.environ["OPERATOR_TOKEN"])
product = client(os.environ["INTERNAL_TOKEN"])


def ok(answer: T | Problem | None) -> T:
    """The answer, when it is no problem and of a documented status."""
    if answer is None or isinstance(answer, Problem):
        raise SystemExit(f"unexpected answer: {answer}")
    return answer


def refused(response: Response[T | Problem]) -> str:
    answer = response.parsed
    if not isinstance(answer, Problem):
        raise SystemExit(f"accepted: {answer}")
    return f"{answer.status} {answer.code}"


def verify(key: str) -> None:
    verdict = ok(verify_api_key.sync(client=product, body=VerifyApiKeyInput(key=key)))
    if verdict.valid:
        print("key accepted", verdict.code, verdict.tenant_slug)
    else:
        print("key refused", verdict.code, verdict.tenant_slug)


def pages(part: str) -> list[int]:
    sizes = []
    cursor: str | Unset = UNSET
    while True:
        page = ok(list_tenants.sync(client=operator, q=part, limit=2, cursor=cursor))
        sizes.append(len(page.items))
        if page.next_cursor is None:
            return sizes
        cursor = page.next_cursor


def change(tenant: Tenant) -> None:
    etag = get_tenant.sync_detailed(tenant.id, client=operator).headers["etag"]
    renamed = UpdateTenantInput(name="Renamed", plan="professional")
    changed = ok(update_tenant.sync(tenant.id, client=operator, body=renamed, if_match=etag))
    print("changed", changed.name, changed.plan)
    late = UpdateTenantInput(name="Too late")
    print("outdated", refused(update_tenant.sync_detailed(tenant.id, client=operator, body=late, if_match=etag)))
    cleared = ok(update_tenant.sync(tenant.id, client=operator, body=UpdateTenantInput(plan=None)))
    print("cleared", cleared.name, cleared.plan is None)


def keep_conditions(tenant: Tenant) -> None:
    config = ok(
        create_idp_config.sync(
            client=operator,
            body=CreateIdpConfigInput(
                tenant_id=tenant.id,
                kind=CreateIdpConfigInputKind.OIDC,
                alias="Before",
                issuer="https://idp.example/realms/staff",
                required_acr=["gold"],
            ),
        )
    )
    kept = ok(update_idp_config.sync(config.id, client=operator, body=UpdateIdpConfigInput(alias="After")))
    print("kept", kept.alias, *kept.required_acr)


def report(tenant: Tenant) -> None:
    event = AppendAuditEventInput(
        tenant_id=tenant.id,
        actor=AuditPartyInput(type_="user", id="u-1"),
        action="report.exported",
        source_ip="2001:db8::1",
    )
    print("reported", ok(append_audit_event.sync(client=product, body=event)).source_ip)


def sign_in(tenant: Tenant) -> None:
    question = GetKeycloakClaimsInput(user_attrs=GetKeycloakClaimsInputUserAttrs(tenant_slug=["nobody", tenant.slug]))
    print("signed in", ok(get_keycloak_claims.sync(client=product, body=question)).tenant_slug)


def main() -> None:
    slug = os.environ["SLUG"]
    for number in range(5):
        body = CreateTenantInput(slug=f"{slug}-{number}", name="Acme")
        tenant = ok(create_tenant.sync(client=operator, body=body))
    print("created", tenant.slug, tenant.kind)
    print("read", ok(get_tenant.sync(tenant.id, client=operator)).slug)
    print("pages", *pages(slug))
    change(tenant)
    keep_conditions(tenant)
    report(tenant)
    sign_in(tenant)

    issued = ok(create_api_key.sync(client=operator, body=CreateApiKeyInput(tenant_id=tenant.id, name="reports")))
    verify(str(issued.key))
    verify(f"{str(issued.key)[:12]}AAAAAAAAAAAAA")
    revoke_api_key.sync_detailed(issued.id, client=operator)
    verify(str(issued.key))

    ok(cancel_tenant.sync(tenant.id, client=operator))
    ok(archive_tenant.sync(tenant.id, client=operator))
    print("deleted", delete_tenant.sync_detailed(tenant.id, client=operator).status_code.value)
    print("gone", refused(get_tenant.sync_detailed(tenant.id, client=operator)))


main()
