/** What sets a cluster up before clients come: its users. */
import { Metadata } from '@grpc/grpc-js';
import { openConnection } from '../connection.ts';
import type { EtcdOptions } from '../types.ts';
import { addRole, addUser, enableAuth, grantPrefix, grantRole } from '../wire/auth.ts';
import type { Method } from '../wire/method.ts';

export interface TestUser {
  readonly username: string;
  readonly password: string;
  /** The keys that it may read and write. */
  readonly prefix: string;
}

export const ROOT = { username: 'root', password: 'root-password' } as const;

/** Makes the user `root` and another one, and switches authentication on. */
export async function setUpAuth({ endpoints: [endpoint = ''], tls }: EtcdOptions, user: TestUser): Promise<void> {
  const connection = openConnection(endpoint, tls);
  const call = <Request>(method: Method<Request, void>, request: Request) =>
    new Promise<void>((resolve, reject) => {
      const deadline = Date.now() + 60_000;
      const bytes = method.encode(request);
      connection.start({ method, bytes, metadata: new Metadata(), deadline }, (failure) =>
        failure === null ? resolve() : reject(failure),
      );
    });
  try {
    await call(addUser, { name: ROOT.username, password: ROOT.password });
    await call(addRole, 'root');
    await call(grantRole, { user: ROOT.username, role: 'root' });
    await call(addUser, { name: user.username, password: user.password });
    await call(addRole, user.username);
    await call(grantPrefix, { role: user.username, prefix: user.prefix });
    await call(grantRole, { user: user.username, role: user.username });
    await call(enableAuth, undefined);
  } finally {
    connection.close();
  }
}
