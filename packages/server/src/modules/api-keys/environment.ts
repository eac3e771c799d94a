/** API_KEY_PEPPER: the secrets under which digests of API keys are stored. QUOTA_API_KEYS: how many keys a tenant may have. */
import { defineSettings, listIn, secrets, variable, whole } from '../../kernel/settings.ts';

export const apiKeySettings = defineSettings({
  variables: {
    API_KEY_PEPPER: variable(secrets('pepper'), {
      about:
        "Keyed digests of API keys are stored under this secret, so that a key's first verification after a restart needs no argon2id (docs/decisions/0007-pepper.md). At least 32 visible ASCII characters, for instance of `openssl rand -hex 32`; several, separated by commas, newest first, while they rotate. The same on every replica, and never in the database. prod wants it. Empty: only argon2id proves.",
    }),
    QUOTA_API_KEYS: variable(whole(0, 1_000_000, 1_000), {
      about: 'API keys in use (neither revoked nor expired) that one tenant may have. 0: no limit.',
      shown: 1_000,
    }),
  },
  read: (data) => ({
    quotaApiKeys: data.QUOTA_API_KEYS,
    /** Newest first: what makes the stored digests of API keys. */
    apiKeyPeppers: data.API_KEY_PEPPER as readonly string[],
  }),
  contradictions({ APP_ENV, API_KEY_PEPPER, OPERATOR_TOKEN, INTERNAL_TOKEN }) {
    const peppers = listIn(API_KEY_PEPPER);
    const mistakes: string[] = [];
    if (APP_ENV === 'prod' && peppers.length === 0) {
      mistakes.push(
        'API_KEY_PEPPER is missing: APP_ENV=prod wants it, because without it every key is proved by argon2id after a restart',
      );
    }
    if (new Set(peppers).size < peppers.length) mistakes.push('API_KEY_PEPPER has the same pepper twice');
    if ([OPERATOR_TOKEN, INTERNAL_TOKEN].flatMap((list) => listIn(list)).some((token) => peppers.includes(token))) {
      mistakes.push(
        'API_KEY_PEPPER has a value that is a token too: callers know tokens, and no caller may know a pepper',
      );
    }
    return mistakes;
  },
});
