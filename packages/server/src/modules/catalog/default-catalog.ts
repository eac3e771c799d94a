/** The products that are sold without a catalog file. */
import type { Catalog, CatalogEntry } from '../../kernel/catalog.ts';

const products: readonly CatalogEntry[] = [
  {
    product: 'certifai',
    name: 'CertifAI',
    description: 'Certification of AI systems, project by project.',
    supports_projects: true,
    trial_days: 14,
    contract_version: '1.0',
    features: ['assessments', 'evidence', 'reports'],
  },
  {
    product: 'compliance',
    name: 'Compliance',
    description: 'Policies, controls and audits of the whole company.',
    supports_projects: false,
    trial_days: 14,
    contract_version: '1.0',
    features: ['policies', 'controls', 'audits'],
  },
];

export const defaultCatalog: Catalog = new Map(products.map((entry) => [entry.product, entry]));
