/** Resources and nodes as the API makes them. */
import { madeIn, type TestServer } from './server.ts';

let made = 0;

/** A name that no other node of the file has. */
export function uniqueNodeName(): string {
  made += 1;
  return `node-${made}`;
}

interface In {
  readonly tenant_id: string;
  readonly project_id: string;
  readonly [field: string]: unknown;
}

/** Creates a resource in the project. */
export function newResource(server: TestServer, { tenant_id, ...fields }: In) {
  return madeIn(server, tenant_id, 'resources', { kind: 'vm', name: 'Press line 4, edge', ...fields });
}

/** Creates a node in the project, of a resource of its own unless one is given. */
export async function newNode(server: TestServer, { tenant_id, project_id, ...fields }: In) {
  const resource_id = fields['resource_id'] ?? (await newResource(server, { tenant_id, project_id })).id;
  return madeIn(server, tenant_id, 'nodes', { project_id, name: uniqueNodeName(), ...fields, resource_id });
}

/** Takes a node a step further. */
export async function takeNode(server: TestServer, id: string, step: 'enroll' | 'ready' | 'deregister') {
  const { status, body } = await server.call(`POST /v1/nodes/${id}/${step}`);
  if (status !== 200) throw new Error(`could not ${step} the node: ${JSON.stringify(body)}`);
  return body;
}
