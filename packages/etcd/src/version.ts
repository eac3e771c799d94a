/** Which versions of etcd may hold data. */

/**
 * Returns whether a version of etcd keeps what it acknowledged: 3.4 and later, but not 3.5.0 to 3.5.2, which can lose
 * writes when a member is killed (etcd issue 13766). Text that is no version is not supported.
 */
export function supportedVersion(version: string): boolean {
  const parts = /^v?(\d+)\.(\d+)\.(\d+)(?:[-+].*)?$/.exec(version)?.slice(1).map(Number);
  if (parts === undefined) return false;
  const [major = 0, minor = 0, patch = 0] = parts;
  if (major !== 3) return major > 3;
  if (minor === 5) return patch > 2;
  return minor >= 4;
}
