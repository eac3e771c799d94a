/** Everything that the product can be asked to do, and every error that it can answer with. */
import { type CodeOf, type ErrorSet, kernelErrors } from './kernel/errors.ts';
import { idempotencyErrors } from './kernel/idempotency.ts';
import { router } from './kernel/trpc.ts';
import { accessErrors } from './modules/access/errors.ts';
import { accessRouter } from './modules/access/router.ts';
import { apiKeyErrors } from './modules/api-keys/errors.ts';
import { apiKeysRouter } from './modules/api-keys/router.ts';
import { auditErrors } from './modules/audit/errors.ts';
import { auditRouter } from './modules/audit/router.ts';
import { catalogErrors } from './modules/catalog/errors.ts';
import { catalogRouter } from './modules/catalog/router.ts';
import { changesRouter } from './modules/changes/router.ts';
import { claimsRouter } from './modules/claims/router.ts';
import { entitlementErrors } from './modules/entitlements/errors.ts';
import { entitlementsRouter } from './modules/entitlements/router.ts';
import { idpConfigErrors } from './modules/idp-configs/errors.ts';
import { idpConfigsRouter } from './modules/idp-configs/router.ts';
import { projectErrors } from './modules/projects/errors.ts';
import { projectsRouter } from './modules/projects/router.ts';
import { tenantErrors } from './modules/tenants/errors.ts';
import { tenantsRouter } from './modules/tenants/router.ts';

export const appRouter = router({
  tenants: tenantsRouter,
  projects: projectsRouter,
  catalog: catalogRouter,
  entitlements: entitlementsRouter,
  idpConfigs: idpConfigsRouter,
  apiKeys: apiKeysRouter,
  audit: auditRouter,
  claims: claimsRouter,
  access: accessRouter,
  changes: changesRouter,
});

export type AppRouter = typeof appRouter;

const errors = {
  kernel: kernelErrors,
  idempotency: idempotencyErrors,
  tenants: tenantErrors,
  projects: projectErrors,
  catalog: catalogErrors,
  entitlements: entitlementErrors,
  idpConfigs: idpConfigErrors,
  apiKeys: apiKeyErrors,
  audit: auditErrors,
  access: accessErrors,
} as const satisfies Record<string, ErrorSet>;

export const errorSets: readonly ErrorSet[] = Object.values(errors);

/** The closed enum of the codes that a problem can have. */
export type ErrorCode = { [Name in keyof typeof errors]: CodeOf<(typeof errors)[Name]> }[keyof typeof errors];
