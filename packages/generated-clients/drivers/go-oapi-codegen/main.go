// Uses the generated client of the registry for everything that a product and an operator do with a key.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"

	"example.com/portal/registry"
	"github.com/oapi-codegen/nullable"
)

var ctx = context.Background()

func client(token string) *registry.ClientWithResponses {
	authorization := registry.WithRequestEditorFn(func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+token)
		return nil
	})
	made, err := registry.NewClientWithResponses(os.Getenv("REGISTRY_URL"), authorization)
	if err != nil {
		log.Fatal(err)
	}
	return made
}

var (
	operator = client(os.Getenv("OPERATOR_TOKEN"))
	product  = client(os.Getenv("INTERNAL_TOKEN"))
)

func main() {
	slug := os.Getenv("SLUG")
	var tenant *registry.Tenant
	for number := range 5 {
		body := registry.CreateTenantInput{Slug: fmt.Sprintf("%s-%d", slug, number), Name: "Acme"}
		tenant = done(operator.CreateTenantWithResponse(ctx, nil, body)).JSON201
	}
	read := done(operator.GetTenantWithResponse(ctx, tenant.Id))
	fmt.Println("created", tenant.Slug, tenant.Kind)
	fmt.Println("read", read.JSON200.Slug)
	fmt.Println("pages", strings.Trim(fmt.Sprint(pages(slug)), "[]"))
	change(tenant)
	keepConditions(tenant)
	report(tenant)
	signIn(tenant)

	key := done(operator.CreateApiKeyWithResponse(ctx, nil, registry.CreateApiKeyInput{TenantId: tenant.Id, Name: "reports"})).JSON201
	verify(*key.Key)
	verify((*key.Key)[:12] + "AAAAAAAAAAAAA")
	done(operator.RevokeApiKeyWithResponse(ctx, key.Id, nil))
	verify(*key.Key)

	done(operator.CancelTenantWithResponse(ctx, tenant.Id, nil, registry.CancelTenantInput{}))
	done(operator.ArchiveTenantWithResponse(ctx, tenant.Id, nil))
	fmt.Println("deleted", done(operator.DeleteTenantWithResponse(ctx, tenant.Id)).StatusCode())
	gone, err := operator.GetTenantWithResponse(ctx, tenant.Id)
	must(err)
	fmt.Println("gone", gone.StatusCode(), gone.ApplicationproblemJSON404.Code)
}

func verify(key string) {
	answer, err := product.VerifyApiKeyWithResponse(ctx, registry.VerifyApiKeyInput{Key: key})
	must(err)
	verdict := answer.JSON200
	if verdict == nil {
		log.Fatal(answer.Status())
	}
	if verdict.Valid {
		fmt.Println("key accepted", verdict.Code, text(verdict.TenantSlug))
	} else {
		fmt.Println("key refused", verdict.Code, text(verdict.TenantSlug))
	}
}

func pages(part string) (sizes []int) {
	limit := int32(2)
	params := registry.ListTenantsParams{Q: &part, Limit: &limit}
	for {
		page := done(operator.ListTenantsWithResponse(ctx, &params)).JSON200
		sizes = append(sizes, len(page.Items))
		if page.NextCursor.IsNull() {
			return sizes
		}
		cursor := page.NextCursor.MustGet()
		params.Cursor = &cursor
	}
}

func change(tenant *registry.Tenant) {
	etag := done(operator.GetTenantWithResponse(ctx, tenant.Id)).Headers200.ETag
	update := func(name string) (*registry.UpdateTenantResponse, error) {
		body := registry.UpdateTenantInput{Name: &name, Plan: nullable.NewNullableWithValue("professional")}
		return operator.UpdateTenantWithResponse(ctx, tenant.Id, &registry.UpdateTenantParams{IfMatch: etag}, body)
	}
	changed := done(update("Renamed")).JSON200
	fmt.Println("changed", changed.Name, text(changed.Plan))
	outdated, err := update("Too late")
	must(err)
	fmt.Println("outdated", outdated.StatusCode(), outdated.ApplicationproblemJSON412.Code)
	clearing := registry.UpdateTenantInput{Plan: nullable.NewNullNullable[string]()}
	cleared := done(operator.UpdateTenantWithResponse(ctx, tenant.Id, nil, clearing)).JSON200
	fmt.Println("cleared", cleared.Name, cleared.Plan.IsNull())
}

func keepConditions(tenant *registry.Tenant) {
	acr, alias := []string{"gold"}, "After"
	config := done(operator.CreateIdpConfigWithResponse(ctx, nil, registry.CreateIdpConfigInput{
		TenantId:    tenant.Id,
		Kind:        registry.CreateIdpConfigInputKindOidc,
		Alias:       "Before",
		Issuer:      "https://idp.example/realms/staff",
		RequiredAcr: &acr,
	})).JSON201
	kept := done(operator.UpdateIdpConfigWithResponse(ctx, config.Id, nil, registry.UpdateIdpConfigInput{Alias: &alias})).JSON200
	fmt.Println("kept", kept.Alias, strings.Join(kept.RequiredAcr, " "))
}

func report(tenant *registry.Tenant) {
	event := done(product.AppendAuditEventWithResponse(ctx, nil, registry.AppendAuditEventInput{
		TenantId: nullable.NewNullableWithValue(tenant.Id),
		Actor:    registry.AuditPartyInput{Type: "user", Id: "u-1"},
		Action:   "report.exported",
		SourceIp: nullable.NewNullableWithValue("2001:db8::1"),
	})).JSON201
	fmt.Println("reported", text(event.SourceIp))
}

func signIn(tenant *registry.Tenant) {
	slugs := []string{"nobody", tenant.Slug}
	question := registry.GetKeycloakClaimsInput{UserAttrs: &registry.GetKeycloakClaimsInputUserAttrs{TenantSlug: &slugs}}
	fmt.Println("signed in", done(product.GetKeycloakClaimsWithResponse(ctx, question)).JSON200.TenantSlug)
}

type answer interface {
	StatusCode() int
	GetBody() []byte
}

// done returns the answer, when it tells of success.
func done[A answer](given A, err error) A {
	must(err)
	if given.StatusCode() >= http.StatusBadRequest {
		log.Fatalf("%d %s", given.StatusCode(), given.GetBody())
	}
	return given
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func text(given nullable.Nullable[string]) string {
	if given.IsNull() {
		return "null"
	}
	return given.MustGet()
}
