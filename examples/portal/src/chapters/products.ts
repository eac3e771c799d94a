/** The tenant's products: the catalog, a trial, a request that an operator grants, an entitlement, and a project. */
import type { Client, Outputs } from '@tenant-registry/client';
import { expect, refused, step } from '../describe.ts';

type Project = Outputs['projects']['create'];

export async function sellProducts(portal: Client, tenant_id: string): Promise<Project> {
  const { items: products } = await portal.catalog.list();
  step(`the catalog has ${products.map(({ name }) => name).join(' and ')}`);
  const withProjects = products.find(({ supports_projects }) => supports_projects);
  const other = products.find(({ supports_projects }) => !supports_projects);
  if (withProjects === undefined || other === undefined) throw new Error('this needs the built-in catalog');

  const draft = { tenant_id, slug: 'press-line-4', name: 'Press line 4' };
  await refused('projects_not_enabled', portal.projects.create(draft));
  step('a project was refused: no product of the tenant has projects yet');

  const trial = await portal.catalog.requestTrial({ tenant_id, product: other.product });
  step(`started a trial of ${other.name}: until ${trial.ends_at}`);
  const request = await portal.catalog.request({ tenant_id, product: withProjects.product, message: 'For the audit.' });
  await refused('request_open', portal.catalog.request({ tenant_id, product: withProjects.product }));
  const granted = await portal.catalog.grantRequest({ id: request.id });
  step(`requested ${withProjects.name}, and an operator decided: ${granted.state}`);

  await portal.entitlements.set({ tenant_id, product: withProjects.product, config: { seats: 25 } });
  const { items: entitlements } = await portal.entitlements.list({ tenant_id });
  const verdict = await portal.entitlements.check({ tenant_id, product: withProjects.product });
  expect(verdict.allowed && verdict.reason === 'entitled', 'the tenant is entitled');
  step(
    `the tenant is entitled to ${entitlements.map(({ product, source }) => `${product} (${source})`).join(' and ')}`,
  );

  const project = await portal.projects.create(draft);
  const { items: projects } = await portal.projects.list({ tenant_id, status: 'active' });
  expect(projects.length === 1 && projects[0]?.id === project.id, 'the project is listed');
  const { quotas } = await portal.limits.get({ tenant_id });
  const left = quotas.find(({ quota }) => quota === 'projects');
  step(`created the project ${project.slug}: the tenant has ${left?.used} of at most ${left?.limit}`);
  return project;
}
