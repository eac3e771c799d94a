/** DATABASES_FILE and DATABASES_WHEN_FROZEN: where databases are made, and what becomes of them in a frozen tenant. */
import { z } from 'zod';
import { defineSettings, variable } from '../../kernel/settings.ts';
import type { DatabasesConfig } from './port.ts';

const none: DatabasesConfig = { installation: 'tenant-registry', tiers: new Map(), provisioners: new Map() };

export const databaseSettings = defineSettings({
  variables: {
    DATABASES_WHEN_FROZEN: variable(z.enum(['keep', 'sleep']).default('keep'), {
      about:
        'What becomes of the managed databases of a frozen tenant: they can be used as before, or sleep. Those of an archived tenant always sleep.',
    }),
  },
  read: (data) => ({ databases: none, databasesWhenFrozen: data.DATABASES_WHEN_FROZEN }),
});
