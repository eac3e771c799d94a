/** The question of gateways in the document, as far as OpenAPI can tell it: one method for all, and no path below. */

import { kernelErrors } from '../../kernel/errors.ts';
import { FIRST_TENANT } from '../../kernel/first-tenant.ts';
import { apiKeyErrors } from '../../modules/api-keys/errors.ts';
import { AUTHORIZE_PATH } from '../limits.ts';
import type { Json } from './json.ts';
import { answersFor } from './problems.ts';

const EXAMPLE_MAX = 10_100;

const description = `For gateways that let a request through to a product or do not: nginx \`auth_request\`, Envoy \`ext_authz\` over HTTP, Traefik \`ForwardAuth\`. The request is that of the client, with its key in \`Authorization: Bearer\` or \`X-Api-Key\`; several different ones are 401. 200 says whose key it is in headers, for the product; every one of them is always there, empty where there is nothing to say, so that it overwrites one that the client made up.

Any method is answered in this way, at this path and at every path below it, because gateways hand on the method and some of them the path of the client. No body is read. Below this path the query is the client's, so the question is in \`X-Registry-Question\` there, written like the query here.

The gateway's own credential, the internal token, is in \`X-Registry-Token\`. Without a valid one the answer is 400, like that to a question of a wrong shape: 401 and 403 speak of the client's key alone.`;

const text = (maxLength: number, pattern: string) => ({ type: 'string', minLength: 0, maxLength, pattern });
const UUID_OR_EMPTY = '^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$';
const VISIBLE = '^[!-~]*$';

const query = (name: string, described: Json) => ({ name, in: 'query', required: false, ...described });

const parameters: readonly Json[] = [
  query('scopes', {
    description: 'Scopes that the key must have, all of them, with commas between.',
    schema: { ...text(EXAMPLE_MAX, '^[a-z0-9_.:*/,-]*$'), examples: ['reports:read'] },
  }),
  query('product', {
    description: 'A product that the tenant must be entitled to.',
    schema: { type: 'string', minLength: 1, maxLength: 100, pattern: '^[^\\x00]*$' },
  }),
  query('access', {
    description: '`read` also passes in a frozen tenant.',
    schema: { type: 'string', enum: ['write', 'read'], default: 'write' },
  }),
];

const headers: Json = {
  'X-Request-Id': { $ref: '#/components/headers/RequestId' },
  'X-Tenant-Id': {
    description: 'The tenant of the key.',
    schema: { type: 'string', format: 'uuid', minLength: 36, maxLength: 36, examples: [FIRST_TENANT.id] },
  },
  'X-Tenant-Slug': { description: 'Its slug.', schema: { ...text(40, VISIBLE), examples: [FIRST_TENANT.slug] } },
  'X-Tenant-Status': {
    description: 'Where it stands in its life; values may come.',
    schema: { ...text(100, VISIBLE), examples: ['active'] },
  },
  'X-Project-Id': {
    description: 'The project that the key is bound to; empty: the whole tenant.',
    schema: text(36, UUID_OR_EMPTY),
  },
  'X-Api-Key-Id': {
    description: 'The key.',
    schema: { type: 'string', format: 'uuid', minLength: 36, maxLength: 36 },
  },
  'X-Api-Key-Scopes': {
    description: 'What the key may do, in words of the products, with spaces between; up to 10 KB.',
    schema: { ...text(EXAMPLE_MAX, '^[ -~]*$'), examples: ['reports:read reports:write'] },
  },
};

const errors = [
  kernelErrors.invalidInput,
  apiKeyErrors.gatewayUnknown,
  kernelErrors.unauthenticated,
  apiKeyErrors.apiKeyRefused,
  apiKeyErrors.apiKeyNotAllowed,
  kernelErrors.rateLimited,
  apiKeyErrors.tooManyAttempts,
  kernelErrors.internal,
  kernelErrors.unavailable,
  kernelErrors.overloaded,
];

/** Returns the path with its one documented method. */
export function authorizePaths(): Json {
  const operation = {
    operationId: 'authorize_api_key',
    tags: ['Internal'],
    summary: 'Authorize a request at a gateway',
    description,
    'x-credentials': ['api_key'],
    security: [{ BearerAuth: [] }],
    parameters: [
      {
        name: 'X-Registry-Token',
        in: 'header',
        required: true,
        description: "The gateway's own credential: an internal token.",
        schema: { type: 'string', minLength: 1, maxLength: 12_288, pattern: '^[!-~]+$' },
      },
      {
        name: 'X-Api-Key',
        in: 'header',
        required: false,
        description: 'The key, where it is no Bearer credential.',
        schema: { type: 'string' },
      },
      ...parameters,
    ],
    responses: {
      200: { description: 'Let it through. The answer has no body.', headers },
      ...answersFor(errors),
    },
  };
  return { [AUTHORIZE_PATH]: { get: operation } };
}
