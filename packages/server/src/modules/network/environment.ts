/** MESH_WAIT_MS: how long a change of a network waits for those before it. */
import { defineSettings, variable, whole } from '../../kernel/settings.ts';

export const networkSettings = defineSettings({
  variables: {
    MESH_WAIT_MS: variable(whole(1, 60_000, 5_000), {
      about:
        'Milliseconds that a change of a network waits for those before it; then it is refused with 503 allocator_contention.',
      shown: 5_000,
    }),
  },
  read: (data) => ({ meshWaitMs: data.MESH_WAIT_MS }),
});
