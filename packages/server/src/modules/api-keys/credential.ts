/** API keys as credentials of the registry itself. */
import { keyActor } from '../../kernel/actor.ts';
import type { Dependencies } from '../../kernel/context.ts';
import { type CredentialReader, refusedCredential } from '../../kernel/credentials.ts';
import { KEY_MARK } from './key-format.ts';
import { holderOfApiKey } from './verify.ts';

/** Makes the reader of API keys: the key acts inside its tenant, as far as its `registry:` scopes go. */
export function apiKeyCredential(deps: Dependencies): CredentialReader {
  return {
    kind: 'api_key',
    recognizes: (token) => token.startsWith(KEY_MARK),
    async identify(key) {
      const holder = await holderOfApiKey(deps, key);
      if (holder === null) throw refusedCredential('invalid_key', 'This API key cannot be used.');
      return keyActor(deps.grants, holder);
    },
  };
}
