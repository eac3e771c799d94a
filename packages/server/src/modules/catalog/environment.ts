/** CATALOG_FILE: what can be sold. */
import { z } from 'zod';
import type { Catalog } from '../../kernel/catalog.ts';
import { defineSettings, variable } from '../../kernel/settings.ts';
import { CatalogError, readCatalog } from './catalog-file.ts';
import { defaultCatalog } from './default-catalog.ts';

const catalogFile = z
  .string()
  .transform((path, context): Catalog => {
    try {
      return readCatalog(path);
    } catch (error) {
      if (!(error instanceof CatalogError)) throw error;
      for (const message of error.mistakes) context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
  })
  .optional();

export const catalogSettings = defineSettings({
  variables: {
    CATALOG_FILE: variable(catalogFile, {
      about:
        'What can be sold: a JSON file of the shape that GET /v1/catalog answers with, {"items": [{"product", "name", "description", "contract_version", "supports_projects"?, "trial_days"?, "features"?}]}. Empty: the two built-in products.',
    }),
  },
  read: (data) => ({ catalog: data.CATALOG_FILE ?? defaultCatalog }),
});
