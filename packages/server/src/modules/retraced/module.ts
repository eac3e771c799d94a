/** Retraced: its official client and its viewer, against this audit log. */
import { defineModule } from '../../kernel/module.ts';
import type { RetracedPort } from './port.ts';
import { retracedRouter } from './router.ts';
import { createViewerKey } from './viewer-key.ts';

interface RetracedConfig {
  readonly tokens: { readonly internal: readonly string[] };
}

export const retracedModule = defineModule({
  router: retracedRouter,
  provide({ db }, { tokens }: RetracedConfig) {
    const retraced: RetracedPort = { viewerKey: createViewerKey(db), internalTokens: tokens.internal };
    return { retraced };
  },
});
