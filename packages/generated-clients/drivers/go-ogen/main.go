// Uses the generated client of the registry for everything that a product and an operator do with a key.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"example.com/portal/registry"
)

var ctx = context.Background()

type bearer string

func (token bearer) BearerAuth(context.Context, registry.OperationName) (registry.BearerAuth, error) {
	return registry.BearerAuth{Token: string(token)}, nil
}

func client(token string) *registry.Client {
	made, err := registry.NewClient(os.Getenv("REGISTRY_URL"), bearer(token))
	must(err)
	return made
}

var (
	operator = client(os.Getenv("OPERATOR_TOKEN"))
	product  = client(os.Getenv("INTERNAL_TOKEN"))
)

func main() {
	slug := os.Getenv("SLUG")
	var tenant registry.Tenant
	for number := range 5 {
		body := registry.CreateTenantInput{Slug: fmt.Sprintf("%s-%d", slug, number), Name: "Acme"}
		tenant = done[*registry.TenantHeaders](operator.CreateTenant(ctx, &body, registry.CreateTenantParams{})).Response
	}
	fmt.Println("created", tenant.Slug, tenant.Kind)
	fmt.Println("read", read(tenant).Response.Slug)
	fmt.Println("pages", strings.Trim(fmt.Sprint(pages(slug)), "[]"))
	change(tenant)
	keepConditions(tenant)
	report(tenant)
	signIn(tenant)

	body := registry.CreateApiKeyInput{TenantID: tenant.ID, Name: "reports"}
	key := done[*registry.IssuedApiKeyHeaders](operator.CreateAPIKey(ctx, &body, registry.CreateAPIKeyParams{})).Response
	verify(key.Key.Value)
	verify(key.Key.Value[:12] + "AAAAAAAAAAAAA")
	done[*registry.RevokeAPIKeyNoContent](operator.RevokeAPIKey(ctx, registry.RevokeAPIKeyParams{ID: key.ID}))
	verify(key.Key.Value)

	cancel, archive := registry.CancelTenantParams{ID: tenant.ID}, registry.ArchiveTenantParams{ID: tenant.ID}
	done[*registry.ActivateTenantOKHeaders](operator.CancelTenant(ctx, registry.OptCancelTenantInput{}, cancel))
	done[*registry.ActivateTenantOKHeaders](operator.ArchiveTenant(ctx, archive))
	done[*registry.DeleteTenantNoContent](operator.DeleteTenant(ctx, registry.DeleteTenantParams{ID: tenant.ID}))
	fmt.Println("deleted", 204)
	gone := done[*registry.Problem404Headers](operator.GetTenant(ctx, registry.GetTenantParams{ID: tenant.ID})).Response
	fmt.Println("gone", gone.Status, gone.Code)
}

func verify(key string) {
	answer, err := product.VerifyAPIKey(ctx, &registry.VerifyApiKeyInput{Key: key})
	must(err)
	verdict, isVerdict := answer.(*registry.ApiKeyVerdictHeaders)
	if !isVerdict {
		log.Fatalf("%+v", answer)
	}
	if verdict.Response.Valid {
		fmt.Println("key accepted", verdict.Response.Code, text(verdict.Response.TenantSlug))
	} else {
		fmt.Println("key refused", verdict.Response.Code, text(verdict.Response.TenantSlug))
	}
}

func read(tenant registry.Tenant) *registry.GetTenantBySlugOKHeaders {
	return done[*registry.GetTenantBySlugOKHeaders](operator.GetTenant(ctx, registry.GetTenantParams{ID: tenant.ID}))
}

func pages(part string) (sizes []int) {
	params := registry.ListTenantsParams{Q: registry.NewOptString(part), Limit: registry.NewOptInt32(2)}
	for {
		page := done[*registry.TenantPageHeaders](operator.ListTenants(ctx, params)).Response
		sizes = append(sizes, len(page.Items))
		if page.NextCursor.IsNull() {
			return sizes
		}
		params.Cursor = registry.NewOptString(page.NextCursor.Value)
	}
}

func change(tenant registry.Tenant) {
	params := registry.UpdateTenantParams{ID: tenant.ID, IfMatch: read(tenant).ETag}
	update := func(name string) (registry.UpdateTenantRes, error) {
		plan := registry.NewOptNilString("professional")
		body := registry.UpdateTenantInput{Name: registry.NewOptString(name), Plan: plan}
		return operator.UpdateTenant(ctx, registry.NewOptUpdateTenantInput(body), params)
	}
	changed := done[*registry.GetTenantBySlugOKHeaders](update("Renamed")).Response
	fmt.Println("changed", changed.Name, text(changed.Plan))
	outdated := done[*registry.Problem412Headers](update("Too late")).Response
	fmt.Println("outdated", outdated.Status, outdated.Code)
	var clearing registry.UpdateTenantInput
	clearing.Plan.SetToNull()
	cleared := done[*registry.GetTenantBySlugOKHeaders](
		operator.UpdateTenant(ctx, registry.NewOptUpdateTenantInput(clearing), registry.UpdateTenantParams{ID: tenant.ID}),
	).Response
	fmt.Println("cleared", cleared.Name, cleared.Plan.IsNull())
}

func keepConditions(tenant registry.Tenant) {
	body := registry.CreateIdpConfigInput{
		TenantID:    tenant.ID,
		Kind:        registry.CreateIdpConfigInputKindOidc,
		Alias:       "Before",
		Issuer:      "https://idp.example/realms/staff",
		RequiredAcr: []string{"gold"},
	}
	config := done[*registry.IdpConfigHeaders](operator.CreateIdpConfig(ctx, &body, registry.CreateIdpConfigParams{})).Response
	alias := registry.NewOptUpdateIdpConfigInput(registry.UpdateIdpConfigInput{Alias: registry.NewOptString("After")})
	params := registry.UpdateIdpConfigParams{ID: config.ID}
	kept := done[*registry.GetIdpConfigOKHeaders](operator.UpdateIdpConfig(ctx, alias, params)).Response
	fmt.Println("kept", kept.Alias, strings.Join(kept.RequiredAcr, " "))
}

func report(tenant registry.Tenant) {
	body := registry.AppendAuditEventInput{
		TenantID: registry.NewOptNilUUID(tenant.ID),
		Actor:    registry.AuditPartyInput{Type: "user", ID: "u-1"},
		Action:   "report.exported",
		SourceIP: registry.NewOptNilString("2001:db8::1"),
	}
	params := registry.AppendAuditEventParams{}
	event := done[*registry.AuditEventHeaders](product.AppendAuditEvent(ctx, &body, params)).Response
	fmt.Println("reported", text(event.SourceIP))
}

func signIn(tenant registry.Tenant) {
	attributes := registry.GetKeycloakClaimsInputUserAttrs{TenantSlug: []string{"nobody", tenant.Slug}}
	question := registry.GetKeycloakClaimsInput{UserAttrs: registry.NewOptGetKeycloakClaimsInputUserAttrs(attributes)}
	answer, err := product.GetKeycloakClaims(ctx, registry.NewOptGetKeycloakClaimsInput(question))
	fmt.Println("signed in", done[*registry.KeycloakClaimsHeaders](answer, err).Response.TenantSlug)
}

// done returns the answer, when it is the expected one of those that the operation can give.
func done[Expected any](answer any, err error) Expected {
	must(err)
	expected, is := answer.(Expected)
	if !is {
		log.Fatalf("%+v", answer)
	}
	return expected
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func text(given registry.NilString) string {
	if given.IsNull() {
		return "null"
	}
	return given.Value
}
