/** What an answer of the API that is not a success means. */
import { ProvisionerUnavailable } from '../types.ts';
import { KubernetesFailure, type Resource } from './api.ts';

const MESSAGE_LENGTH_MAX = 500;

export type Verb = 'get' | 'create' | 'patch' | 'delete' | 'list' | 'watch';

/** What was asked, for messages. */
export interface Asked {
  readonly verb: Verb;
  readonly resource: Resource;
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly name?: string;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** The part of a Status of Kubernetes that is read. */
interface Status {
  readonly kind?: unknown;
  readonly reason?: unknown;
  readonly message?: unknown;
}

/** Returns whether the API itself says that there is no such object: a 404 of a proxy, or of a type that the API lacks, does not. */
export function isNotFound({ status, body }: Answer): boolean {
  return status === 404 && statusOf(body)?.reason === 'NotFound';
}

/**
 * Returns the error that an answer stands for: a `KubernetesFailure` where a repetition changes nothing or somebody else was
 * faster, else `ProvisionerUnavailable`. Its message is bounded, and about a Secret it has no text of the API.
 */
export function failureOf(asked: Asked, { status, body }: Answer): KubernetesFailure | ProvisionerUnavailable {
  const said = statusOf(body);
  const text = textOf(asked, said);
  if (status === 403) return new KubernetesFailure('refused', status, `${forbidden(asked)}${text}`);
  const message = `${describe(asked)}: HTTP ${status}${text}`;
  if (status === 400 || status === 422) return new KubernetesFailure('refused', status, message);
  if (status === 409) return new KubernetesFailure('conflict', status, message);
  if (status === 410) return new KubernetesFailure('gone', status, message);
  if (status === 404 && said?.reason === 'NotFound') return new KubernetesFailure('refused', status, message);
  // An apply whose fields have a wrong type, or that the schema does not know, is answered like a fault of the server.
  if (status === 500 && /failed to create typed patch/.test(String(said?.message)))
    return new KubernetesFailure('refused', status, message);
  if (status === 404)
    return new ProvisionerUnavailable(
      `${message}: the API does not serve ${nameOf(asked.resource)}. Is the operator installed?`,
    );
  return new ProvisionerUnavailable(message);
}

/** Returns the name under which a role grants the type: `clusters.postgresql.cnpg.io`. */
function nameOf({ apiVersion, plural }: Resource): string {
  const [group, version] = apiVersion.split('/');
  return version === undefined ? plural : `${plural}.${group}`;
}

/** Returns in words what was asked. */
export function describe({ verb, resource, namespace, name }: Asked): string {
  return `${verb} ${nameOf(resource)}${name === undefined ? '' : ` ${name}`}${where(namespace)}`;
}

const where = (namespace: string | undefined): string =>
  namespace === undefined ? ' in all namespaces' : ` in namespace ${namespace}`;

function forbidden({ verb, resource, namespace }: Asked): string {
  return `the account of the registry is not allowed to ${verb} ${nameOf(resource)}${where(namespace)}`;
}

function statusOf(body: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Status') return value;
  } catch {
    // Not of the API: a proxy's page.
  }
  return undefined;
}

// The API quotes what it refuses, and what it refuses of a Secret may be a password.
function textOf({ resource }: Asked, said: Status | undefined): string {
  if (said === undefined) return '';
  const text = resource.kind === 'Secret' ? said.reason : (said.message ?? said.reason);
  return typeof text === 'string' && text !== '' ? `: ${text.slice(0, MESSAGE_LENGTH_MAX)}` : '';
}
