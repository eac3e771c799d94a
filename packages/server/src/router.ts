/** Everything that the product can be asked to do. */
import { router } from './kernel/trpc.ts';
import { modules } from './modules.ts';

export type { ErrorCode, EventPayloads } from './modules.ts';

type Routers = { readonly [Name in keyof typeof modules]: (typeof modules)[Name]['router'] };

const routers = Object.fromEntries(Object.entries(modules).map(([name, module]) => [name, module.router])) as Routers;

export const appRouter = router({ ...routers });

export type AppRouter = typeof appRouter;
