// engine: none
import { describe } from 'vitest';
import { provisionerContract } from '../src/testing/contract.ts';
import { crdsFolder } from '../src/testing/kube/crds.ts';
import { openCnpg, openKubeWorld } from './support/kube-world.ts';

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
