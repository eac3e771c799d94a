/** Loads Kubernetes' own client, which is large, only where a provisioner is used that needs it. */
import type { KubeAccess, KubeClient } from './api.ts';

/** Returns what makes the client. It throws when the configuration cannot be read. */
export function connectKubernetes(access: KubeAccess): () => Promise<KubeClient> {
  return async () => (await import('./client.ts')).createKubeClient(access);
}
