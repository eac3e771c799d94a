/** Reads the credential of a database where the registry says that it is. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outputs } from '@tenant-registry/client';

export type Connection = Outputs['databases']['connection'];

/**
 * Returns the connection string of the login that is current now. It is one file, so it never mixes two logins. Throws for a
 * Secret of Kubernetes: mount that into the pod, and read `uri` in the mounted folder.
 */
export async function currentUri({ secret }: Connection): Promise<string> {
  const { kind, namespace, name } = secret;
  if (kind !== 'directory') throw new Error(`the credential is in the ${kind} secret ${namespace}/${name}`);
  return (await readFile(join(namespace, name, 'uri'), 'utf8')).trim();
}
