// engine: postgres
import { inject } from 'vitest';
import { provisionerContract } from '../src/testing/contract.ts';
import { openPostgresWorld } from './support/postgres-world.ts';

for (const admin of ['superuser', 'limited'] as const)
  provisionerContract({
    name: `postgres with a ${admin} administrator`,
    open: async () => {
      const given = { superuserUrl: inject('postgres').adminUrl, admin, spec: { extensions: ['pg_trgm'] } };
      // The calls of both are one code; what differs is whether the server grants them.
      return { ...(await openPostgresWorld(given)), cutEvery: admin === 'limited' ? 1 : 5 };
    },
  });
