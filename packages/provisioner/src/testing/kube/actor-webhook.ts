/** What the operator's mutating webhook adds to a Cluster before the API stores it. */
import { objectAt } from './json.ts';
import type { JsonObject, ResourceType } from './types.ts';

const PARAMETERS: Readonly<Record<string, string>> = {
  archive_mode: 'on',
  archive_timeout: '5min',
  dynamic_shared_memory_type: 'posix',
  full_page_writes: 'on',
  log_destination: 'csvlog',
  log_directory: '/controller/log',
  log_filename: 'postgres',
  log_rotation_age: '0',
  log_rotation_size: '0',
  log_truncate_on_rotation: 'false',
  logging_collector: 'on',
  max_parallel_workers: '32',
  max_replication_slots: '32',
  max_worker_processes: '32',
  shared_memory_type: 'mmap',
  shared_preload_libraries: '',
  ssl_max_protocol_version: 'TLSv1.3',
  ssl_min_protocol_version: 'TLSv1.3',
  wal_keep_size: '512MB',
  wal_level: 'logical',
  wal_log_hints: 'on',
  wal_receiver_timeout: '5s',
  wal_sender_timeout: '5s',
};
const INITDB: Readonly<Record<string, string>> = {
  database: 'app',
  encoding: 'UTF8',
  localeCType: 'C',
  localeCollate: 'C',
};

/** Answers the types with the webhook before Clusters: a stored one has more in its spec than its author wrote. */
export function withWebhook(types: readonly ResourceType[]): ResourceType[] {
  return types.map((type) =>
    type.kind === 'Cluster' ? { ...type, defaulted: (object) => completed(type.defaulted(object)) } : type,
  );
}

function completed(cluster: JsonObject): JsonObject {
  const spec = objectAt(cluster, 'spec');
  const postgresql = objectAt(spec, 'postgresql');
  const bootstrap = objectAt(spec, 'bootstrap');
  const initdb = objectAt(bootstrap, 'initdb');
  const initialized = bootstrap['recovery'] === undefined && bootstrap['pg_basebackup'] === undefined;
  return {
    ...cluster,
    spec: {
      ...spec,
      imageName: spec['imageName'] ?? 'ghcr.io/cloudnative-pg/postgresql:18.1-system-trixie',
      postgresql: { ...postgresql, parameters: { ...PARAMETERS, ...objectAt(postgresql, 'parameters') } },
      ...(initialized
        ? { bootstrap: { ...bootstrap, initdb: { ...INITDB, owner: initdb['database'] ?? 'app', ...initdb } } }
        : {}),
    },
  };
}
