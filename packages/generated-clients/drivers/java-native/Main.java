import java.io.IOException;
import java.net.http.HttpHeaders;
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
    ApiClient made = new ApiClient();
    made.updateBaseUri(System.getenv("REGISTRY_URL"));
    made.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + token));
    return made;
  }

  public static void main(String[] arguments) throws ApiException, IOException {
    String slug = System.getenv("SLUG");
    Tenant tenant = null;
    for (int number = 0; number < 5; number++) {
      tenant = tenants.createTenant(new CreateTenantInput().slug(slug + "-" + number).name("Acme"), null);
    }
    System.out.println("created " + tenant.getSlug() + " " + tenant.getKind());
    System.out.println("read " + tenants.getTenant(tenant.getId()).getSlug());
    System.out.println("pages " + String.join(" ", pages(slug)));
    change(tenant);
    keepConditions(tenant);
    report(tenant);
    signIn(tenant);

    ApiKeysApi keys = new ApiKeysApi(operator);
    IssuedApiKey issued = keys.createApiKey(new CreateApiKeyInput().tenantId(tenant.getId()).name("reports"), null);
    verify(issued.getKey());
    verify(issued.getKey().substring(0, 12) + "AAAAAAAAAAAAA");
    keys.revokeApiKey(issued.getId());
    verify(issued.getKey());

    tenants.cancelTenant(tenant.getId(), null, null, null);
    tenants.archiveTenant(tenant.getId(), null, null);
    System.out.println("deleted " + tenants.deleteTenantWithHttpInfo(tenant.getId()).getStatusCode());
    Tenant deleted = tenant;
    System.out.println("gone " + refused(() -> tenants.getTenant(deleted.getId())));
  }

  static void verify(String key) throws ApiException {
    ApiKeyVerdict verdict = new InternalApi(product).verifyApiKey(new VerifyApiKeyInput().key(key));
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
      TenantPage page = tenants.listTenants(2, cursor, null, null, part);
      sizes.add(String.valueOf(page.getItems().size()));
      cursor = page.getNextCursor();
    } while (cursor != null);
    return sizes;
  }

  static void change(Tenant tenant) throws ApiException, IOException {
    String etag = etagOf(tenants.getTenantWithHttpInfo(tenant.getId()).getHeaders());
    UpdateTenantInput renaming = new UpdateTenantInput().name("Renamed").plan("professional");
    Tenant changed = tenants.updateTenant(tenant.getId(), etag, renaming);
    System.out.println("changed " + changed.getName() + " " + changed.getPlan());
    UpdateTenantInput late = new UpdateTenantInput().name("Too late");
    System.out.println("outdated " + refused(() -> tenants.updateTenant(tenant.getId(), etag, late)));
    Tenant cleared = tenants.updateTenant(tenant.getId(), null, new UpdateTenantInput().plan(null));
    System.out.println("cleared " + cleared.getName() + " " + (cleared.getPlan() == null));
  }

  static String etagOf(Map<String, List<String>> headers) {
    return HttpHeaders.of(headers, (name, value) -> true).firstValue("ETag").orElseThrow();
  }

  static void keepConditions(Tenant tenant) throws ApiException {
    SsoConfigurationApi configurations = new SsoConfigurationApi(operator);
    IdpConfig config = configurations.createIdpConfig(
        new CreateIdpConfigInput()
            .tenantId(tenant.getId())
            .kind(CreateIdpConfigInput.KindEnum.OIDC)
            .alias("Before")
            .issuer("https://idp.example/realms/staff")
            .requiredAcr(List.of("gold")),
        null);
    IdpConfig kept = configurations.updateIdpConfig(config.getId(), null, new UpdateIdpConfigInput().alias("After"));
    System.out.println("kept " + kept.getAlias() + " " + String.join(" ", kept.getRequiredAcr()));
  }

  static void report(Tenant tenant) throws ApiException {
    AppendAuditEventInput event = new AppendAuditEventInput()
        .tenantId(tenant.getId())
        .actor(new AuditPartyInput().type("user").id("u-1"))
        .action("report.exported")
        .sourceIp("2001:db8::1");
    System.out.println("reported " + new AuditApi(product).appendAuditEvent(event, null).getSourceIp());
  }

  static void signIn(Tenant tenant) throws ApiException {
    GetKeycloakClaimsInput question = new GetKeycloakClaimsInput()
        .userAttrs(new GetKeycloakClaimsInputUserAttrs().tenantSlug(List.of("nobody", tenant.getSlug())));
    System.out.println("signed in " + new InternalApi(product).getKeycloakClaims(question).getTenantSlug());
  }

  interface Call {
    Object run() throws ApiException;
  }

  /** Returns the status and the code of the problem that the call must end in. */
  static String refused(Call call) throws IOException {
    try {
      throw new IllegalStateException("accepted: " + call.run());
    } catch (ApiException refusal) {
      Problem problem = operator.getObjectMapper().readValue(refusal.getResponseBody(), Problem.class);
      return refusal.getCode() + " " + problem.getCode();
    }
  }
}
