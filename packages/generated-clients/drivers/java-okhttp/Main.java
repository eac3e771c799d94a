import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import registry.ApiClient;
import registry.ApiException;
import registry.api.ApiKeysApi;
import registry.api.AuditApi;
import registry.api.InternalApi;
import registry.api.SsoConfigurationApi;
import registry.api.TenantsApi;
import registry.model.*;

/** Uses the generated client of the registry for everything that a product and an operator do with a key. */
public class Main {
  static final ApiClient operator = client(System.getenv("OPERATOR_TOKEN"));
  static final ApiClient product = client(System.getenv("INTERNAL_TOKEN"));
  static final TenantsApi tenants = new TenantsApi(operator);

  static ApiClient client(String token) {
    ApiClient made = new ApiClient().setBasePath(System.getenv("REGISTRY_URL"));
    made.setBearerToken(token);
    return made;
  }

  public static void main(String[] arguments) throws ApiException, IOException {
    String slug = System.getenv("SLUG");
    Tenant tenant = null;
    for (int number = 0; number < 5; number++) {
      tenant = tenants.createTenant(new CreateTenantInput().slug(slug + "-" + number).name("Acme")).execute();
    }
    System.out.println("created " + tenant.getSlug() + " " + tenant.getKind());
    System.out.println("read " + tenants.getTenant(tenant.getId()).execute().getSlug());
    System.out.println("pages " + String.join(" ", pages(slug)));
    change(tenant);
    keepConditions(tenant);
    report(tenant);
    signIn(tenant);

    ApiKeysApi keys = new ApiKeysApi(operator);
    CreateApiKeyInput input = new CreateApiKeyInput().tenantId(tenant.getId()).name("reports");
    IssuedApiKey issued = keys.createApiKey(input).execute();
    verify(issued.getKey());
    verify(issued.getKey().substring(0, 12) + "AAAAAAAAAAAAA");
    keys.revokeApiKey(issued.getId()).execute();
    verify(issued.getKey());

    tenants.cancelTenant(tenant.getId()).execute();
    tenants.archiveTenant(tenant.getId()).execute();
    System.out.println("deleted " + tenants.deleteTenant(tenant.getId()).executeWithHttpInfo().getStatusCode());
    TenantsApi.APIgetTenantRequest again = tenants.getTenant(tenant.getId());
    System.out.println("gone " + refused(again::execute));
  }

  static void verify(String key) throws ApiException {
    ApiKeyVerdict verdict = new InternalApi(product).verifyApiKey(new VerifyApiKeyInput().key(key)).execute();
    if (verdict.getValid()) {
      System.out.println("key accepted " + verdict.getCode() + " " + verdict.getTenantSlug());
    } else {
      System.out.println("key refused " + verdict.getCode() + " " + verdict.getTenantSlug());
    }
  }

  static List<String> pages(String part) throws ApiException {
    List<String> sizes = new ArrayList<>();
    String cursor = null;
    do {
      TenantPage page = tenants.listTenants().q(part).limit(2).cursor(cursor).execute();
      sizes.add(String.valueOf(page.getItems().size()));
      cursor = page.getNextCursor();
    } while (cursor != null);
    return sizes;
  }

  static void change(Tenant tenant) throws ApiException, IOException {
    String etag = etagOf(tenants.getTenant(tenant.getId()).executeWithHttpInfo().getHeaders());
    UpdateTenantInput renaming = new UpdateTenantInput().name("Renamed").plan("professional");
    TenantsApi.APIupdateTenantRequest update = tenants.updateTenant(tenant.getId()).ifMatch(etag);
    Tenant changed = update.updateTenantInput(renaming).execute();
    System.out.println("changed " + changed.getName() + " " + changed.getPlan());
    UpdateTenantInput late = new UpdateTenantInput().name("Too late");
    System.out.println("outdated " + refused(update.updateTenantInput(late)::execute));
  }

  static String etagOf(Map<String, List<String>> headers) {
    return headers.get("etag").get(0);
  }

  static void keepConditions(Tenant tenant) throws ApiException {
    SsoConfigurationApi configurations = new SsoConfigurationApi(operator);
    IdpConfig config = configurations.createIdpConfig(
        new CreateIdpConfigInput()
            .tenantId(tenant.getId())
            .kind(CreateIdpConfigInput.KindEnum.OIDC)
            .alias("Before")
            .issuer("https://idp.example/realms/staff")
            .requiredAcr(List.of("gold"))).execute();
    UpdateIdpConfigInput renaming = new UpdateIdpConfigInput().alias("After");
    IdpConfig kept = configurations.updateIdpConfig(config.getId()).updateIdpConfigInput(renaming).execute();
    System.out.println("kept " + kept.getAlias() + " " + String.join(" ", kept.getRequiredAcr()));
  }

  static void report(Tenant tenant) throws ApiException {
    AppendAuditEventInput event = new AppendAuditEventInput()
        .tenantId(tenant.getId())
        .actor(new AuditPartyInput().type("user").id("u-1"))
        .action("report.exported")
        .sourceIp("2001:db8::1");
    System.out.println("reported " + new AuditApi(product).appendAuditEvent(event).execute().getSourceIp());
  }

  static void signIn(Tenant tenant) throws ApiException {
    GetKeycloakClaimsInput question = new GetKeycloakClaimsInput()
        .userAttrs(new GetKeycloakClaimsInputUserAttrs().tenantSlug(List.of("nobody", tenant.getSlug())));
    KeycloakClaims claims =
        new InternalApi(product).getKeycloakClaims().getKeycloakClaimsInput(question).execute();
    System.out.println("signed in " + claims.getTenantSlug());
  }

  interface Call {
    Object run() throws ApiException;
  }

  /** Returns the status and the code of the problem that the call must end in. */
  static String refused(Call call) throws IOException {
    try {
      throw new IllegalStateException("accepted: " + call.run());
    } catch (ApiException refusal) {
      return refusal.getCode() + " " + Problem.fromJson(refusal.getResponseBody()).getCode();
    }
  }
}
