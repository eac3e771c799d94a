/** A tenant with two projects, on a server that believes an issuer: for tests of what a level in one of them reaches. */
import { startIssuer, type TestIssuer } from './oidc-provider.ts';
import { newProject, newTenant, oidcFor, startTestServer, type TestServer } from './server.ts';

export interface TwoProjects {
  readonly issuer: TestIssuer;
  readonly server: TestServer;
  readonly tenant_id: string;
  readonly project: string;
  /** The other project. */
  readonly sibling: string;
  stop(): Promise<void>;
}

export async function startTwoProjects(): Promise<TwoProjects> {
  const issuer = await startIssuer();
  const server = await startTestServer({ oidc: oidcFor(issuer) });
  const { id: tenant_id } = await newTenant(server);
  const [{ id: project }, { id: sibling }] = [await newProject(server, tenant_id), await newProject(server, tenant_id)];
  const stop = async () => {
    await server.close();
    await issuer.stop();
  };
  return { issuer, server, tenant_id, project, sibling, stop };
}
