/** The OpenAPI 3.1 document, read off the router: every mounted operation, its shapes, every problem it can give, and every event. */
import { version } from '../version.ts';
import { authorizePaths } from './openapi/authorize.ts';
import { Components } from './openapi/components.ts';
import { describeOperation } from './openapi/describe.ts';
import type { Json } from './openapi/json.ts';
import { problemSchemas } from './openapi/problem-schemas.ts';
import { sharedResponses } from './openapi/problems.ts';
import { headers, introduction, parameters, securitySchemes, tagDescriptions } from './openapi/shared.ts';
import { describeWebhooks, WEBHOOKS_TAG, webhookParameters } from './openapi/webhooks.ts';
import { listOperations } from './operations.ts';

let made: Json | undefined;

/**
 * Returns the document, which is made once (some hundred milliseconds) and must not be changed. Equal routers give equal
 * documents. Throws when two schemas claim one name.
 */
export function openapiDocument(): Json {
  made ??= makeDocument();
  return made;
}

function makeDocument(): Json {
  const operations = listOperations();
  const components = new Components();
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    const { path, method } = operation.route;
    paths[path] = { ...paths[path], [method.toLowerCase()]: describeOperation(operation, operations, components) };
  }
  const events = describeWebhooks(components);
  const tags = [...new Set([...operations.map(({ route }) => route.tag), WEBHOOKS_TAG])];
  return {
    openapi: '3.1.0',
    info: {
      title: 'tenant-registry',
      version,
      summary: 'The control plane of tenants.',
      description: introduction,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      contact: { name: 'The maintainers of tenant-registry' },
    },
    servers: [{ url: '/', description: 'This registry' }],
    tags: tags.map((name) => ({ name, description: tagDescriptions[name] ?? name })),
    paths: { ...paths, ...authorizePaths() },
    webhooks: events.webhooks,
    components: {
      securitySchemes,
      schemas: { ...components.schemas, ...events.schemas, ...problemSchemas() },
      parameters: { ...parameters, ...webhookParameters },
      headers,
      responses: sharedResponses(operations),
    },
  };
}
