/** DATABASES_FILE and DATABASES_WHEN_FROZEN: where databases are made, and what becomes of them in a frozen tenant. */
import { z } from 'zod';
import { defineSettings, variable } from '../../kernel/settings.ts';
import { DatabasesFileError, readDatabasesFile } from './databases-file.ts';
import type { DatabasesConfig } from './port.ts';

const none: DatabasesConfig = { installation: 'tenant-registry', tiers: new Map(), provisioners: new Map() };

const databasesFile = z
  .string()
  .transform((path, context): DatabasesConfig => {
    try {
      return readDatabasesFile(path);
    } catch (error) {
      if (!(error instanceof DatabasesFileError)) throw error;
      for (const message of error.mistakes) context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
  })
  .optional();

export const databaseSettings = defineSettings({
  variables: {
    DATABASES_FILE: variable(databasesFile, {
      about:
        'Where managed databases are made, and what can be ordered: a JSON file {"installation"?, "provisioners": {name: {"kind": "postgres", "admin_url_file", "secrets_directory" or "secrets_kubernetes", "sslmode"?, "host"?, "port"?} or {"kind": "cnpg", "kubeconfig_file"?, "context"?}}, "tiers": {name: {"provisioner", "spec", "description"?, "overrides"?, "namespaces"?, "max_per_tenant"?, "provision_timeout_s"?, "deletion_policy"?}}}. Paths begin at its folder; npm run postgres writes one to begin with. Empty: no database can be ordered.',
    }),
    DATABASES_WHEN_FROZEN: variable(z.enum(['keep', 'sleep']).default('keep'), {
      about:
        'What becomes of the managed databases of a frozen tenant: they can be used as before, or sleep. Those of an archived tenant always sleep.',
    }),
  },
  read: (data) => ({ databases: data.DATABASES_FILE ?? none, databasesWhenFrozen: data.DATABASES_WHEN_FROZEN }),
});
