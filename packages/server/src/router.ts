/** Everything that the product can be asked to do, and every error that it can answer with. */
import { type CodeOf, type ErrorSet, kernelErrors } from './kernel/errors.ts';
import { router } from './kernel/trpc.ts';
import { apiKeyErrors } from './modules/api-keys/errors.ts';
import { apiKeysRouter } from './modules/api-keys/router.ts';
import { tenantErrors } from './modules/tenants/errors.ts';
import { tenantsRouter } from './modules/tenants/router.ts';

export const appRouter = router({
  tenants: tenantsRouter,
  apiKeys: apiKeysRouter,
});

export type AppRouter = typeof appRouter;

const errors = { kernel: kernelErrors, tenants: tenantErrors, apiKeys: apiKeyErrors } as const satisfies Record<string, ErrorSet>;

export const errorSets: readonly ErrorSet[] = Object.values(errors);

/** The closed enum of the codes that a problem can have. */
export type ErrorCode = { [Name in keyof typeof errors]: CodeOf<(typeof errors)[Name]> }[keyof typeof errors];
