/** How these commands reach the registry: options of the command line, or variables of the environment. */
import { UsageError } from '@tenant-registry/db';
import { type Command, Option } from 'commander';
import { type Api, createApi } from './api.ts';

export interface ConnectionOptions {
  readonly url: string;
  readonly token?: string;
}

export function withConnection(command: Command): Command {
  return command
    .addOption(
      new Option('--url <url>', 'where the registry answers').env('REGISTRY_URL').default('http://127.0.0.1:8090'),
    )
    .addOption(
      new Option(
        '--token <token>',
        'an operator token or an API key; others see it here, so rather use the variable',
      ).env('OPERATOR_TOKEN'),
    );
}

/** Returns the calls of the registry. Throws `UsageError` for an address or a token that cannot be one. */
export function connect({ url, token }: ConnectionOptions): Api {
  // The variable of the registry may hold several; each is valid.
  const [first = ''] = (token ?? '').split(',');
  if (first.trim() === '')
    throw new UsageError('OPERATOR_TOKEN is missing: the credential that the registry is asked with');
  if (!/^[!-~]+$/.test(first.trim())) throw new UsageError('OPERATOR_TOKEN must be visible ASCII characters');
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.username !== '' || parsed.password !== '')
    throw new UsageError('--url must be an http or https address without a user');
  return createApi({ url, token: first.trim() });
}
