/** Makes what `ctx.signIn` offers. */
import { createAllowance } from '../../../kernel/allowance.ts';
import type { KernelDependencies } from '../../../kernel/context.ts';
import { createGate } from '../../../kernel/gate.ts';
import { createProviders } from '../../../kernel/openid/providers.ts';
import { mintCookie } from '../cookie.ts';
import { sessionErrors } from '../errors.ts';
import { FLOW_COOKIE, linkHashOf } from './flow.ts';
import type { SignInPort } from './port.ts';
import type { SignIn } from './proof.ts';
import { begin, complete, insertFlow } from './service.ts';

/** A sign-in waits for its provider most of the time; people of one tenant come at once in the morning. */
const GATE = { places: 32, waitingMax: 512, tenantPlacesMax: 8, tenantWaitingMax: 128 };

/** Refusals a minute of people whom no provider proved: enough to see what is wrong, and no flood. */
const STRANGERS = { max: 60, windowMs: 60_000, detail: 'Too many sign-ins of this tenant were refused.' };

export function createSignIn(kernel: KernelDependencies, publicUrl: string | null): SignInPort {
  const gate = createGate({ name: 'sign_ins', ...GATE });
  kernel.metrics.observeGate(gate);
  if (publicUrl === null) return disabled;
  const strangers = createAllowance({ ...STRANGERS, clock: kernel.clock });
  const signIn: SignIn = { publicUrl, gate, strangers, providers: createProviders(kernel) };
  return {
    isEnabled: true,
    flowCookie: FLOW_COOKIE,
    begin: (ctx, asked) => begin(signIn, ctx, asked),
    complete: (ctx, returned) => complete(signIn, ctx, returned),
    async prepareRehearsal(tx, config) {
      const token = mintCookie();
      const flow = { config, return_to: '/', rehearsal: true, flow_hash: linkHashOf(token), network: null };
      const expiresAt = await insertFlow(kernel, tx, flow);
      return { url: `${publicUrl}/auth/sign-in?rehearsal=${token}`, expires_at: expiresAt.toISOString() };
    },
  };
}

const disabled: SignInPort = {
  isEnabled: false,
  flowCookie: FLOW_COOKIE,
  begin: async () => refuse(),
  complete: async () => refuse(),
  prepareRehearsal: async () => refuse(),
};

function refuse(): never {
  throw sessionErrors.signInDisabled();
}
