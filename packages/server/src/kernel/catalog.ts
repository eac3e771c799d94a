/** The products that can be sold, as every module sees them; the module `catalog` reads them from a file. */

export interface CatalogEntry {
  /** The key that everything else names it by: `certifai`. */
  readonly product: string;
  readonly name: string;
  readonly description: string;
  /** Whether a tenant that is entitled to it may have projects. */
  readonly supports_projects: boolean;
  readonly trial_days: number;
  /** Of the contract that a customer signs today. */
  readonly contract_version: string;
  readonly features: readonly string[];
}

/** By product, in the order of the file. */
export type Catalog = ReadonlyMap<string, CatalogEntry>;
