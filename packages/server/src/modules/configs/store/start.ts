/** What has to be right with the store of configurations before the registry starts. */
import { configRelay } from '@tenant-registry/db';
import type { Dependencies } from '../../../kernel/context.ts';
import { unsupported } from './etcd/upkeep.ts';

/**
 * Throws when CONFIG_STORE is not where the values are, and when a member of etcd answers whose version can lose them. An
 * etcd that does not answer keeps nothing else from starting: configurations are unavailable until it does.
 */
export async function requireConfigStore(deps: Pick<Dependencies, 'db' | 'configStore' | 'etcdConfigs' | 'logger'>) {
  const { kind } = await configRelay.findConfigStore(deps.db);
  const asked = deps.configStore.kind;
  if (kind !== asked)
    throw new Error(
      `CONFIG_STORE is ${asked}, and the values of configurations are in ${kind}: set CONFIG_STORE=${kind}, or move them with \`npm run configs -- move --to=${asked}\``,
    );
  if (deps.etcdConfigs === null) return;
  const statuses = await deps.etcdConfigs.etcd.status();
  const wrong = unsupported(statuses);
  if (wrong !== undefined) throw new Error(wrong);
  if (statuses.every(({ answered }) => !answered))
    deps.logger.error('no member of etcd answers: configurations are unavailable until one does');
}
