/** What a developer sees at the first start: where it is, how to get in, and one line that works when pasted. */
import type { Config } from './config.ts';

interface Start {
  /** As the environment says it. */
  readonly given: Config;
  /** With the tokens that were made for it. */
  readonly config: Config;
  readonly address: string;
  /** Where `/v1/internal` is, when it has a listener of its own. */
  readonly internalAddress: string | null;
  readonly engine: string;
}

/** The text shows a token only when this program made it: one from the environment stays there. */
export function welcome({ given, config, address, internalAddress, engine }: Start): string {
  const [madeOperator = '$ACCESS_TOKEN'] = config.tokens.operator;
  const [madeInternal] = config.tokens.internal;
  const operator = given.tokens.operator.length === 0 ? madeOperator : '$OPERATOR_TOKEN';
  const internal = given.tokens.internal.length === 0 ? madeInternal : '$INTERNAL_TOKEN';
  const embedded =
    config.databaseUrl === undefined
      ? `  ┌──────────────────────────────────────────────────────────────────────┐
  │ EMBEDDED DATABASE: for trying and developing, one process at a time. │
  │ Set DATABASE_URL to a PostgreSQL 16 or newer for anything else.      │
  └──────────────────────────────────────────────────────────────────────┘
  data            ${config.dataDir}
`
      : '';
  return `
tenant-registry is ready.

${embedded}  engine          ${engine}
  address         ${address}
  API reference   ${address}/docs
${internalAddress === null ? '' : `  internal        ${internalAddress}\n`}  operator token  ${operator}
  internal token  ${internal}

  curl -H "Authorization: Bearer ${operator}" ${address}/v1/tenants
`;
}
