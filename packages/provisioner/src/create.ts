/** Makes the provisioners that a configuration names. */
import { connectKubernetes } from './kubernetes/connect.ts';
import { createCnpgProvisioner } from './kubernetes/provisioner.ts';
import { createPostgresProvisioner } from './postgres/provisioner.ts';
import { createDirectoryStore } from './secrets/directory.ts';
import { createKubernetesStore } from './secrets/kubernetes.ts';
import type { SecretStore } from './secrets/types.ts';
import type { Endpoint, Provisioner } from './types.ts';

export interface PostgresConfig {
  readonly kind: 'postgres';
  /** The file with the URL of the administrator; it is read at each connect. */
  readonly admin_url_file: string;
  /** Where clients connect; absent: where the administrator does. */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly sslmode: Endpoint['sslmode'];
  /** Where the passwords are kept: in a directory, or as Secrets of Kubernetes. */
  readonly secrets: { readonly directory: string } | ({ readonly directory?: undefined } & KubernetesConfig);
}

export interface KubernetesConfig {
  /** Absent: the account of the pod, or what kubectl would use. */
  readonly kubeconfig_file?: string | undefined;
  readonly context?: string | undefined;
}

export interface CnpgConfig extends KubernetesConfig {
  readonly kind: 'cnpg';
  /** The namespaces of the tiers that use it. */
  readonly namespaces: readonly string[];
}

export type ProvisionerConfig = PostgresConfig | CnpgConfig;

/** Makes the provisioner. It connects to nothing before its first pass. */
export function createProvisioner(installation: string, config: ProvisionerConfig): Provisioner {
  switch (config.kind) {
    case 'postgres':
      return createPostgresProvisioner({
        installation,
        adminUrlFile: config.admin_url_file,
        host: config.host,
        port: config.port,
        sslmode: config.sslmode,
        secrets: storeOf(config.secrets),
      });
    case 'cnpg':
      return createCnpgProvisioner({
        installation,
        client: kubernetesOf(config),
        namespaces: config.namespaces,
      });
    default:
      return config satisfies never;
  }
}

function storeOf(secrets: PostgresConfig['secrets']): SecretStore {
  return secrets.directory === undefined
    ? createKubernetesStore(kubernetesOf(secrets))
    : createDirectoryStore(secrets.directory);
}

const kubernetesOf = ({ kubeconfig_file, context }: KubernetesConfig) =>
  connectKubernetes({ kubeconfig: kubeconfig_file, context });
