/** The parts to which many operations refer: headers, header parameters, the security scheme. */
import { tags } from '../../modules.ts';
import type { Json } from './json.ts';

export const headers: Json = {
  RequestId: {
    description: 'Names this request in logs and audit rows: the one that was sent, or a new one.',
    schema: { type: 'string', minLength: 1, maxLength: 128, pattern: '^[A-Za-z0-9._:-]{1,128}$' },
  },
  ETag: {
    description: 'The version of the resource, a strong entity tag: send it as If-Match with a change.',
    schema: { type: 'string', minLength: 24, maxLength: 24, pattern: '^"[A-Za-z0-9_-]{22}"$' },
  },
  StateTag: {
    description: 'The quoted cursor of the state: send it as If-None-Match to hear whether there is another one.',
    schema: { type: 'string', minLength: 5, maxLength: 66, pattern: '^"[0-9a-z]{1,32}[.][0-9]{1,16}"$' },
  },
  SetCookie: {
    description: 'Gives the browser the cookie of the session, or takes it away: no script can read it.',
    schema: { type: 'string', minLength: 1, maxLength: 200, pattern: '^__Host-tr_session=[A-Za-z0-9_-]*; Path=/; .+$' },
  },
  IdempotencyReplayed: {
    description: '`true` when this is the stored answer of an earlier request; absent otherwise.',
    schema: { type: 'string', minLength: 4, maxLength: 4, pattern: '^true$' },
  },
  RetryAfter: {
    description: 'After how many seconds to try again, where trying again helps.',
    schema: { type: 'integer', format: 'int32', minimum: 0, maximum: 86_400 },
  },
  WwwAuthenticate: {
    description: 'How to authenticate; with a credential that was refused, also why (RFC 6750).',
    schema: { type: 'string', minLength: 6, maxLength: 300, pattern: '^Bearer( error=.+)?$' },
  },
  'RateLimit-Limit': {
    description:
      'The budget of a minute that has the least left: requests of the caller, requests of its tenant, or units of cost of its tenant. On other answers too.',
    schema: { type: 'integer', format: 'int32', minimum: 0, maximum: 1_000_000_000 },
  },
  'RateLimit-Remaining': {
    description: 'How much of it is left in this minute, the cost of this answer taken off.',
    schema: { type: 'integer', format: 'int32', minimum: 0, maximum: 1_000_000_000 },
  },
  'RateLimit-Reset': {
    description: 'After how many seconds all of it is there again.',
    schema: { type: 'integer', format: 'int32', minimum: 0, maximum: 86_400 },
  },
};

export const parameters: Json = {
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description:
      'Makes the request safe to repeat for 24 hours: a repetition gets the first answer, another request with the same key gets 422.',
    schema: {
      type: 'string',
      minLength: 1,
      maxLength: 255,
      pattern: '^[!-~]{1,255}$',
    },
  },
  LastEventId: {
    name: 'Last-Event-ID',
    in: 'header',
    required: false,
    description: 'The id of the event that was seen last: what came after it is sent first, when it is still known.',
    schema: { type: 'string' },
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    required: false,
    description:
      'The ETag of the version that the change was made for, or several with commas between, or `*`; another version gives 412.',
    schema: { type: 'string' },
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    required: false,
    description:
      'The ETag of what the caller has, or several with commas between, or `*`: when it is current, 304 says so.',
    schema: { type: 'string' },
  },
};

/** The kinds of credential, as `x-credentials` of an operation names those that can carry its permission. */
export const credentials = {
  operator_token: 'a token of the operator: everything but `/v1/internal`',
  access_token:
    'an access token (JWT) of an OpenID provider that the registry trusts: what its roles hold, of all tenants or of its own',
  session: 'the cookie of a person who signed in here: what their roles hold, of their tenant',
  service_token:
    'a JWT of a service identity, with the header `X-Tenant-Id`: what its groups and its levels in projects hold',
  api_key:
    'an API key (`bp_…`) with scopes such as `registry:projects:read`: in its tenant, and in its project when it is bound to one',
  internal_token: 'a token of a product or gateway: `/v1/internal`, and appending to the audit log',
} as const;
export type Credential = keyof typeof credentials;

export const credentialKinds = Object.keys(credentials) as readonly Credential[]; // its own keys

const kinds = Object.entries(credentials).map(([name, words]) => `- \`${name}\`: ${words}.`);

/**
 * One scheme for all of them, because on the wire they are one. Of four, client generators made four settings, of which
 * the one that sets "the" bearer token reached the first alone. The session cookie is none either: pages of the registry's
 * own send it and no generated client does, of which some would not compile without a setting for it.
 */
export const securitySchemes: Json = {
  BearerAuth: {
    type: 'http',
    scheme: 'bearer',
    description: `\`Authorization: Bearer …\`; the \`x-credentials\` of an operation name the kinds that it may take:\n\n${kinds.join('\n')}`,
  },
};

export const tagDescriptions: Readonly<Record<string, string>> = {
  ...Object.fromEntries(tags.map(({ name, description }) => [name, description])),
  Internal: 'For products and gateways, with the internal token.',
};

export const introduction = `Who the tenants are, what each may use, who may sign in, which API keys work, and everything that ever happened.

**Authentication.** Every operation, apart from those for signing in, takes \`Authorization: Bearer …\` and names the permission that it requires (\`x-permission\`) and the kinds of credential that can carry it (\`x-credentials\`). The credential is an access token of an OpenID provider that the registry trusts, an API key with scopes such as \`registry:projects:read\`, a JWT of a service identity with the header \`X-Tenant-Id\`, or a static token of the operator or of a product. \`GET /v1/me\` tells what it may do. Without a valid credential the answer is 401, without the permission 403. What belongs to another tenant is 404, like what does not exist.

**Sessions.** A person who signs in here has the cookie \`__Host-tr_session\`, which stands for a credential where no \`Authorization\` header is. A request that changes something then also needs \`Origin\` and \`X-CSRF-Token\`, which \`GET /v1/auth/session\` tells; without them it is answered 403 \`csrf_failed\`.

**Limits.** Requests are counted for each principal, for each tenant, and for each address without a valid credential. A tenant also has a budget of cost, for all its people and keys together: a request costs one unit, one for each further 16 KiB of its answer, and what \`x-surcharge\` of the operation says. \`RateLimit-*\` headers tell what is left of the tightest budget, and above it the answer is 429 with \`Retry-After\`. \`GET /v1/limits\` tells all of them, and the quotas of what a tenant may have in use. Work that is scarce has places: a tenant that has all of its own under way gets 429 \`tenant_busy\`. A request that takes too long is answered 503 and given up, exports and feeds excepted.

**Data.** Fields are in snake_case, times are RFC 3339 in UTC, ids are UUIDs. Unknown fields and unknown query parameters are refused with 400. No text may contain a NUL. Answers may gain members, and strings that list \`x-extensible-enum\` may gain values: pass over the members that you do not know, and expect values that you do not know.

**Errors** are problems (RFC 9457, \`application/problem+json\`). Decide by \`code\`, which is stable; \`detail\` is for people, and names the first mistake of wrong input, all of which \`errors\` lists with their place; \`instance\` is the request id, also in the header \`X-Request-Id\`. A request may bring an \`X-Request-Id\` of its own: 1 to 128 letters, digits and \`._:-\`.

**Lists** come in pages, newest first: send \`next_cursor\` as \`cursor\`, with the same filters, until it is null. Rows that are added meanwhile neither repeat nor hide others.

**Repeating.** Every POST that changes something takes an \`Idempotency-Key\`: a repetition within 24 hours gets the first answer with \`Idempotency-Replayed: true\`, except for a secret, which is shown once.

**Concurrent changes.** A single resource carries an \`ETag\`; send it as \`If-Match\` with a change, and a change of an older version is refused with 412.`;
