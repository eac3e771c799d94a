/** The client of etcd that the settings describe. */
import { readFileSync } from 'node:fs';
import { createEtcd, type Etcd } from '@tenant-registry/etcd';
import type { EtcdSettings } from '../../environment.ts';

/** Makes the client; it connects when it is first asked. Throws an error that names the variable whose file cannot be read. */
export function openEtcd({ endpoints, username, passwordFile, tls }: EtcdSettings): Etcd {
  const password = textOf('ETCD_PASSWORD_FILE', passwordFile)?.replace(/\r?\n$/, '');
  const ca = textOf('ETCD_CA_FILE', tls.caFile);
  const cert = textOf('ETCD_CERT_FILE', tls.certFile);
  const key = textOf('ETCD_KEY_FILE', tls.keyFile);
  return createEtcd({
    endpoints,
    ...(username === null ? {} : { username, password: password ?? '' }),
    tls: { ...(ca === undefined ? {} : { ca }), ...(cert === undefined || key === undefined ? {} : { cert, key }) },
  });
}

function textOf(variable: string, file: string | null): string | undefined {
  if (file === null) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new Error(`${variable}: its file cannot be read (${code})`);
  }
}
