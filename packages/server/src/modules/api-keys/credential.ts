/** API keys as credentials of the registry itself. */
import { keyActor } from '../../kernel/actor.ts';
import type { Dependencies } from '../../kernel/context.ts';
import { type CredentialReader, refusedCredential } from '../../kernel/credentials.ts';
import { KEY_MARK } from './key-format.ts';
import { holderOfApiKey } from './verify.ts';

const WRONG = { reason: 'invalid_key', detail: 'This API key is not known here.' };
/** A caller that proved that it holds the key may know what became of it. */
const details: Readonly<Record<string, string>> = {
  revoked: 'This API key was revoked.',
  expired: 'This API key has expired.',
  tenant_archived: 'The tenant of this API key is archived.',
};

/** Makes the reader of API keys: the key acts inside its tenant, as far as its `registry:` scopes go. */
export function apiKeyCredential(deps: Dependencies): CredentialReader {
  return {
    kind: 'api_key',
    recognizes: (token) => token.startsWith(KEY_MARK),
    async identify(key, { from }) {
      const holder = await holderOfApiKey(deps, key, from);
      if (holder === null) throw refusedCredential(WRONG);
      if (typeof holder !== 'string') return keyActor(deps.grants, holder);
      const detail = details[holder] ?? 'This API key cannot be used.';
      throw refusedCredential({ reason: holder, detail, genuine: true });
    },
  };
}
