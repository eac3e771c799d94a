import java.io.IOException;
import java.net.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import registry.ApiClient;
import registry.ApiException;
import registry.api.ApiKeysApi;
import registry.api.ApiKeysApi.APICreateApiKeyRequest;
import registry.api.ApiKeysApi.APIRevokeApiKeyRequest;
import registry.api.AuditApi;
import registry.api.AuditApi.APIAppendAuditEventRequest;
import registry.api.InternalApi;
import registry.api.InternalApi.APIGetKeycloakClaimsRequest;
import registry.api.InternalApi.APIVerifyApiKeyRequest;
import registry.api.SsoConfigurationApi;
import registry.api.SsoConfigurationApi.APICreateIdpConfigRequest;
import registry.api.SsoConfigurationApi.APIUpdateIdpConfigRequest;
import registry.api.TenantsApi;
import registry.api.TenantsApi.APIArchiveTenantRequest;
import registry.api.TenantsApi.APICancelTenantRequest;
import registry.api.TenantsApi.APICreateTenantRequest;
import registry.api.TenantsApi.APIDeleteTenantRequest;
import registry.api.TenantsApi.APIGetTenantRequest;
import registry.api.TenantsApi.APIListTenantsRequest;
import registry.api.TenantsApi.APIUpdateTenantRequest;
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
      CreateTenantInput input = new CreateTenantInput().slug(slug + "-" + number).name("Acme");
      tenant = tenants.createTenant(APICreateTenantRequest.newBuilder().createTenantInput(input).build());
    }
    System.out.println("created " + tenant.getSlug() + " " + tenant.getKind());
    System.out.println("read " + tenants.getTenant(read(tenant)).getSlug());
    System.out.println("pages " + String.join(" ", pages(slug)));
    change(tenant);
    keepConditions(tenant);
    report(tenant);
    signIn(tenant);

    ApiKeysApi keys = new ApiKeysApi(operator);
    CreateApiKeyInput input = new CreateApiKeyInput().tenantId(tenant.getId()).name("reports");
    IssuedApiKey issued = keys.createApiKey(APICreateApiKeyRequest.newBuilder().createApiKeyInput(input).build());
    verify(issued.getKey());
    verify(issued.getKey().substring(0, 12) + "AAAAAAAAAAAAA");
    keys.revokeApiKey(APIRevokeApiKeyRequest.newBuilder().id(issued.getId()).build());
    verify(issued.getKey());

    tenants.cancelTenant(APICancelTenantRequest.newBuilder().id(tenant.getId()).build());
    tenants.archiveTenant(APIArchiveTenantRequest.newBuilder().id(tenant.getId()).build());
    APIDeleteTenantRequest deletion = APIDeleteTenantRequest.newBuilder().id(tenant.getId()).build();
    System.out.println("deleted " + tenants.deleteTenantWithHttpInfo(deletion).getStatusCode());
    APIGetTenantRequest again = read(tenant);
    System.out.println("gone " + refused(() -> tenants.getTenant(again)));
  }

  static void verify(String key) throws ApiException {
    VerifyApiKeyInput question = new VerifyApiKeyInput().key(key);
    ApiKeyVerdict verdict = new InternalApi(product)
        .verifyApiKey(APIVerifyApiKeyRequest.newBuilder().verifyApiKeyInput(question).build());
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
      TenantPage page =
          tenants.listTenants(APIListTenantsRequest.newBuilder().q(part).limit(2).cursor(cursor).build());
      sizes.add(String.valueOf(page.getItems().size()));
      cursor = page.getNextCursor();
    } while (cursor != null);
    return sizes;
  }

  static void change(Tenant tenant) throws ApiException, IOException {
    String etag = etagOf(tenants.getTenantWithHttpInfo(read(tenant)).getHeaders());
    UpdateTenantInput renaming = new UpdateTenantInput().name("Renamed").plan("professional");
    Tenant changed = tenants.updateTenant(update(tenant, renaming).ifMatch(etag).build());
    System.out.println("changed " + changed.getName() + " " + changed.getPlan());
    UpdateTenantInput late = new UpdateTenantInput().name("Too late");
    System.out.println("outdated " + refused(() -> tenants.updateTenant(update(tenant, late).ifMatch(etag).build())));
    Tenant cleared = tenants.updateTenant(update(tenant, new UpdateTenantInput().plan(null)).build());
    System.out.println("cleared " + cleared.getName() + " " + (cleared.getPlan() == null));
  }

  static APIGetTenantRequest read(Tenant tenant) {
    return APIGetTenantRequest.newBuilder().id(tenant.getId()).build();
  }

  static APIUpdateTenantRequest.Builder update(Tenant tenant, UpdateTenantInput input) {
    return APIUpdateTenantRequest.newBuilder().id(tenant.getId()).updateTenantInput(input);
  }

  static String etagOf(Map<String, List<String>> headers) {
    return HttpHeaders.of(headers, (name, value) -> true).firstValue("ETag").orElseThrow();
  }

  static void keepConditions(Tenant tenant) throws ApiException {
    SsoConfigurationApi configurations = new SsoConfigurationApi(operator);
    CreateIdpConfigInput input = new CreateIdpConfigInput()
        .tenantId(tenant.getId())
        .kind(CreateIdpConfigInput.KindEnum.OIDC)
        .alias("Before")
        .issuer("https://idp.example/realms/staff")
        .requiredAcr(List.of("gold"));
    IdpConfig config =
        configurations.createIdpConfig(APICreateIdpConfigRequest.newBuilder().createIdpConfigInput(input).build());
    UpdateIdpConfigInput renaming = new UpdateIdpConfigInput().alias("After");
    IdpConfig kept = configurations.updateIdpConfig(
        APIUpdateIdpConfigRequest.newBuilder().id(config.getId()).updateIdpConfigInput(renaming).build());
    System.out.println("kept " + kept.getAlias() + " " + String.join(" ", kept.getRequiredAcr()));
  }

  static void report(Tenant tenant) throws ApiException {
    AppendAuditEventInput event = new AppendAuditEventInput()
        .tenantId(tenant.getId())
        .actor(new AuditPartyInput().type("user").id("u-1"))
        .action("report.exported")
        .sourceIp("2001:db8::1");
    APIAppendAuditEventRequest request = APIAppendAuditEventRequest.newBuilder().appendAuditEventInput(event).build();
    System.out.println("reported " + new AuditApi(product).appendAuditEvent(request).getSourceIp());
  }

  static void signIn(Tenant tenant) throws ApiException {
    GetKeycloakClaimsInput question = new GetKeycloakClaimsInput()
        .userAttrs(new GetKeycloakClaimsInputUserAttrs().tenantSlug(List.of("nobody", tenant.getSlug())));
    APIGetKeycloakClaimsRequest request =
        APIGetKeycloakClaimsRequest.newBuilder().getKeycloakClaimsInput(question).build();
    System.out.println("signed in " + new InternalApi(product).getKeycloakClaims(request).getTenantSlug());
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
