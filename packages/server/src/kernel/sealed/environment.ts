/** SECRETS_KEY: the keys under which secrets are sealed that the registry has to read again. */
import { defineSettings, listIn, secrets, variable } from '../settings.ts';

export const sealedSettings = defineSettings({
  variables: {
    SECRETS_KEY: variable(secrets('key'), {
      about:
        'The secrets that sign webhooks are sealed under it (docs/decisions/0030-sealed-secrets.md). At least 32 visible ASCII characters, for instance of `openssl rand -hex 32`; several, separated by commas, newest first, while they rotate: a new one first stands last, until every replica knows it. The same on every replica, and never in the database. In dev, while HOST and INTERNAL_ADDR are on loopback, it is made on first start and kept in DATA_DIR/secrets-key (mode 0600). Empty: no webhook is made, and no secret of one is read.',
    }),
  },
  read: (data) => ({
    /** Newest first: what secrets are sealed under. */
    secretsKeys: data.SECRETS_KEY as readonly string[],
  }),
  contradictions({ SECRETS_KEY, OPERATOR_TOKEN, INTERNAL_TOKEN, API_KEY_PEPPER }) {
    const keys = listIn(SECRETS_KEY);
    const mistakes: string[] = [];
    if (new Set(keys).size < keys.length) mistakes.push('SECRETS_KEY has the same key twice');
    if ([OPERATOR_TOKEN, INTERNAL_TOKEN].flatMap((list) => listIn(list)).some((token) => keys.includes(token)))
      mistakes.push('SECRETS_KEY has a value that is a token too: callers know tokens, and no caller may know a key');
    if (listIn(API_KEY_PEPPER).some((pepper) => keys.includes(pepper)))
      mistakes.push('SECRETS_KEY has a value that is a pepper too: each has its own use, and its own rotation');
    return mistakes;
  },
});
