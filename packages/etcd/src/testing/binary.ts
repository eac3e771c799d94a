/** Where etcd is, and what tests do without it. */
import { execFileSync } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** Endpoints of a cluster that runs already: TEST_ETCD_ENDPOINTS, separated by commas. */
export const foreignEndpoints: readonly string[] | undefined = process.env['TEST_ETCD_ENDPOINTS']?.split(',');

const named = process.env['ETCD_BIN'];

/** The program that ETCD_BIN names, or the first `etcd` in PATH; undefined when there is none. */
export const etcdPath: string | undefined = [
  ...(named === undefined ? [] : [named]),
  ...(process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'etcd')),
].find((path) => {
  try {
    return execFileSync(path, ['--version'], { stdio: 'pipe' }).toString().startsWith('etcd Version');
  } catch {
    return false;
  }
});

/**
 * Why tests that start etcd are skipped; undefined when they run. They run with ETCD_REQUIRED=1 too where etcd is absent:
 * then `startEtcd` fails, so that a machine which should have etcd does not pass without it.
 */
export const etcdReason: string | undefined =
  etcdPath !== undefined || process.env['ETCD_REQUIRED'] === '1'
    ? undefined
    : 'etcd is not installed: neither ETCD_BIN nor PATH leads to it';
