/** The catalog: the products that can be asked for, and what came of it. */
import type { Catalog } from '../../kernel/catalog.ts';
import { defineModule } from '../../kernel/module.ts';
import { catalogSettings } from './environment.ts';
import { catalogErrors } from './errors.ts';
import { catalogPermissions } from './permissions.ts';
import { catalogRouter } from './router.ts';
import { catalogEvents } from './schema.ts';

declare module '../../kernel/context.ts' {
  interface Ports {
    /** The products that can be sold: those of the file, or the two built-in ones. */
    readonly catalog: Catalog;
  }
}

export const catalogModule = defineModule({
  router: catalogRouter,
  tag: { name: 'Catalog', description: 'The products that can be asked for, and what came of it.' },
  errors: catalogErrors,
  events: catalogEvents,
  permissions: catalogPermissions,
  settings: catalogSettings,
  provide: (_, { catalog }: { readonly catalog: Catalog }) => ({ catalog }),
});
