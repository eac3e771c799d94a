/** What a developer sees at the first start: where it is, how to get in, and one line that works when pasted. */
import type { Config } from './config.ts';

export function welcome(config: Config, address: string, engine: string): string {
  const [operator = ''] = config.tokens.operator;
  const embedded =
    config.databaseUrl === undefined
      ? `  ┌────────────────────────────────────────────────────────────────────┐
  │ EMBEDDED DATABASE: for trying and developing, one process at a time. │
  │ Set DATABASE_URL to a PostgreSQL 16 or newer for anything else.      │
  └────────────────────────────────────────────────────────────────────┘
  data            ${config.dataDir}
`
      : '';
  return `
tenant-registry is ready.

${embedded}  engine          ${engine}
  address         ${address}
  operator token  ${operator}

  curl -H 'Authorization: Bearer ${operator}' ${address}/v1/tenants
`;
}
