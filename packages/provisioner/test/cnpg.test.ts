// engine: none
import { setTimeout as sleep } from 'node:timers/promises';
import { describe } from 'vitest';
import { provisionerContract } from '../src/testing/contract.ts';
import { crdsFolder } from '../src/testing/kube/crds.ts';
import { openCnpg, openKubeWorld } from './support/kube-world.ts';
import { APIS } from './support/raw-api.ts';

const folder = crdsFolder();

describe.skipIf(folder === undefined)('on the stand-in', () => {
  provisionerContract({
    name: 'cnpg',
    open: async () => {
      const world = await openKubeWorld(folder ?? '');
      const harness = await openCnpg(world);
      return {
        ...harness,
        close: async () => {
          await harness.close();
          await world.close();
        },
      };
    },
  });
});

const real = APIS.find(({ name }) => name === 'KUBE_API_URL');
const hasOperator = process.env['KUBE_API_OPERATOR'] === 'cnpg';

describe.skipIf(!real?.there || !hasOperator)('on KUBE_API_URL with KUBE_API_OPERATOR=cnpg', () => {
  provisionerContract({
    name: 'cnpg with its own operator',
    open: async () => {
      if (real === undefined) throw new Error('KUBE_API_URL is not set');
      // The operator works in real time, and no test waits for a time: passes follow each other until one sees the end.
      return openCnpg({ access: await real.open(), now: Date.now, step: () => sleep(1_000) });
    },
  });
});
