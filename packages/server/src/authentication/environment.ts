/** OPERATOR_TOKEN, INTERNAL_TOKEN: static credentials, and where they may be made by the registry itself. */
import { defineSettings, type Given, listenAddress, listIn, secrets, variable } from '../kernel/settings.ts';

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/;
const MADE = 'it is made automatically only with APP_ENV=dev on loopback';

export const tokenSettings = defineSettings({
  variables: {
    OPERATOR_TOKEN: variable(secrets('token'), {
      about:
        "The operator's token: everything but /v1/internal. The internal token: /v1/internal only, and appending audit events. At least 32 visible ASCII characters each, and none of one kind among the other; several, separated by commas, are valid at once, so that they can be rotated. In dev, while HOST and INTERNAL_ADDR are on loopback, they are made on first start and kept in DATA_DIR/tokens.json (mode 0600). Elsewhere INTERNAL_TOKEN must be set, and OPERATOR_TOKEN or AUTH_OIDC_ISSUER.",
    }),
    INTERNAL_TOKEN: variable(secrets('token'), {}),
  },
  read: (data, given) => ({
    tokens: { operator: data.OPERATOR_TOKEN as readonly string[], internal: data.INTERNAL_TOKEN as readonly string[] },
    /** Whether missing tokens are made: only where no other machine can reach the listeners. */
    makesTokens: makesTokens(given),
  }),
  contradictions(given) {
    const { OPERATOR_TOKEN, INTERNAL_TOKEN, AUTH_OIDC_ISSUER } = given;
    const mistakes: string[] = [];
    if (listIn(OPERATOR_TOKEN).some((token) => listIn(INTERNAL_TOKEN).includes(token))) {
      mistakes.push('INTERNAL_TOKEN has a token that OPERATOR_TOKEN has too: its sender could not be told apart');
    }
    if (makesTokens(given)) return mistakes;
    if (OPERATOR_TOKEN === undefined && AUTH_OIDC_ISSUER === undefined) {
      mistakes.push(`OPERATOR_TOKEN is missing, and AUTH_OIDC_ISSUER too: one lets operators in; ${MADE}`);
    }
    if (INTERNAL_TOKEN === undefined) mistakes.push(`INTERNAL_TOKEN is missing: ${MADE}`);
    return mistakes;
  },
});

function makesTokens({ APP_ENV = 'dev', HOST = '127.0.0.1', INTERNAL_ADDR }: Given): boolean {
  const { host: internalHost = HOST } = listenAddress.safeParse(INTERNAL_ADDR).data ?? {};
  return APP_ENV === 'dev' && LOOPBACK.test(HOST) && LOOPBACK.test(internalHost);
}
