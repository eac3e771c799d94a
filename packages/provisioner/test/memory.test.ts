// engine: none
import { createMemoryProvisioner } from '../src/memory.ts';
import { provisionerContract } from '../src/testing/contract.ts';
import { newOrder } from '../src/testing/order.ts';

provisionerContract({
  name: 'memory',
  async open() {
    const provisioner = createMemoryProvisioner();
    const { databases, foreign } = provisioner.world;
    return {
      provisioner,
      order: newOrder,
      async credentials({ id }) {
        const database = databases.get(id);
        const password = database?.passwords[database.current];
        return database === undefined || password == null ? null : { user: database.current, password };
      },
      async logIn({ id }, { user, password }) {
        const database = databases.get(id);
        return database?.asleep === false && database.passwords[user as 'a' | 'b'] === password;
      },
      drifts: [
        {
          what: 'a parameter',
          repaired: 'parameters',
          async change({ id }) {
            const database = databases.get(id);
            if (database !== undefined) database.spec = { ...database.spec, parameters: {} };
          },
        },
      ],
      async drop({ id }) {
        databases.delete(id);
      },
      async occupy({ names }) {
        foreign.add(names.cluster);
      },
      close: provisioner.close,
    };
  },
});
