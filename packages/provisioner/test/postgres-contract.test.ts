// engine: postgres
import { inject } from 'vitest';
import { provisionerContract } from '../src/testing/contract.ts';
import { openPostgresWorld } from './support/postgres-world.ts';

for (const admin of ['superuser', 'limited'] as const)
  provisionerContract({
    name: `postgres with a ${admin} administrator`,
    open: () =>
      openPostgresWorld({ superuserUrl: inject('postgres').adminUrl, admin, spec: { extensions: ['pg_trgm'] } }),
  });
