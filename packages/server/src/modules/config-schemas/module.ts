/** Schemas of configurations: JSON Schemas with versions, which values are checked against. */
import { quotas } from '@tenant-registry/db';
import { defineModule } from '../../kernel/module.ts';
import { configSchemaSettings } from './environment.ts';
import { configSchemaErrors } from './errors.ts';
import { configSchemaPermissions } from './permissions.ts';
import { configSchemasRouter } from './router.ts';
import { configSchemaEvents } from './schema.ts';
import { QUOTA } from './service.ts';
import { createJsonSchemas } from './validation/json-schemas.ts';

export const configSchemasModule = defineModule({
  router: configSchemasRouter,
  tag: { name: 'Config schemas', description: 'JSON Schemas that configurations are checked against.' },
  errors: configSchemaErrors,
  events: configSchemaEvents,
  permissions: configSchemaPermissions,
  settings: configSchemaSettings,
  holdings: { config_schemas: 'config_schemas' },
  provide({ clock, metrics, quotas: declared }, { quotaConfigSchemas }: { readonly quotaConfigSchemas: number }) {
    declared.declare({ name: QUOTA, limit: quotaConfigSchemas, used: quotas.findConfigSchemasInUse });
    const jsonSchemas = createJsonSchemas({ clock });
    metrics.observeGate(jsonSchemas.gate);
    return { jsonSchemas };
  },
  close: ({ jsonSchemas }) => jsonSchemas.close(),
});
