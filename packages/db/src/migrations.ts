/** The migrations, imported statically: a bundled or shipped binary carries them, nothing is read from disk. */
import type { Migration } from 'kysely/migration';
import * as m0001 from '../migrations/0001_init.ts';
import * as m0002 from '../migrations/0002_outbox_events.ts';
import * as m0003 from '../migrations/0003_signing_keys.ts';
import * as m0004 from '../migrations/0004_api_keys_lookup.ts';
import * as m0005 from '../migrations/0005_catalog_requests.ts';
import * as m0006 from '../migrations/0006_idempotency_keys.ts';
import * as m0007 from '../migrations/0007_audit_log_filters.ts';
import * as m0008 from '../migrations/0008_idp_configs_list.ts';
import * as m0009 from '../migrations/0009_row_level_security.ts';
import * as m0010 from '../migrations/0010_replica_leases.ts';
import * as m0011 from '../migrations/0011_api_keys_project_idx.ts';
import * as m0012 from '../migrations/0012_api_keys_digest.ts';
import * as m0013 from '../migrations/0013_audit_log_origin.ts';
import * as m0014 from '../migrations/0014_idp_configs_saml_summary.ts';
import * as m0015 from '../migrations/0015_api_keys_created_by_key.ts';
import * as m0016 from '../migrations/0016_quota_counts.ts';
import * as m0017 from '../migrations/0017_audit_log_tenant_origin.ts';
import * as m0018 from '../migrations/0018_users.ts';
import * as m0019 from '../migrations/0019_service_identities.ts';
import * as m0020 from '../migrations/0020_groups.ts';
import * as m0021 from '../migrations/0021_role_bindings.ts';
import * as m0022 from '../migrations/0022_event_log.ts';
import * as m0023 from '../migrations/0023_webhooks.ts';
import * as m0024 from '../migrations/0024_configs.ts';
import * as m0025 from '../migrations/0025_config_writes.ts';
import * as m0026 from '../migrations/0026_databases.ts';
import * as m0027 from '../migrations/0027_network.ts';
import * as m0028 from '../migrations/0028_audit_proofs.ts';
import * as m0029 from '../migrations/0029_tenant_search.ts';
import * as m0030 from '../migrations/0030_list_indexes.ts';

export const migrations: Readonly<Record<string, Migration>> = {
  '0001_init': m0001,
  '0002_outbox_events': m0002,
  '0003_signing_keys': m0003,
  '0004_api_keys_lookup': m0004,
  '0005_catalog_requests': m0005,
  '0006_idempotency_keys': m0006,
  '0007_audit_log_filters': m0007,
  '0008_idp_configs_list': m0008,
  '0009_row_level_security': m0009,
  '0010_replica_leases': m0010,
  '0011_api_keys_project_idx': m0011,
  '0012_api_keys_digest': m0012,
  '0013_audit_log_origin': m0013,
  '0014_idp_configs_saml_summary': m0014,
  '0015_api_keys_created_by_key': m0015,
  '0016_quota_counts': m0016,
  '0017_audit_log_tenant_origin': m0017,
  '0018_users': m0018,
  '0019_service_identities': m0019,
  '0020_groups': m0020,
  '0021_role_bindings': m0021,
  '0022_event_log': m0022,
  '0023_webhooks': m0023,
  '0024_configs': m0024,
  '0025_config_writes': m0025,
  '0026_databases': m0026,
  '0027_network': m0027,
  '0028_audit_proofs': m0028,
  '0029_tenant_search': m0029,
  '0030_list_indexes': m0030,
};
