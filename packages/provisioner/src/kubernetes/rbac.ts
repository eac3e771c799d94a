/** What the account of the registry must be allowed in Kubernetes, in each namespace of databases; no more is used. */
import { CLUSTER, DATABASE, POOLER, PVC, type Resource, SCHEDULED_BACKUP, SECRET } from './api.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const KEPT = ['create', 'delete', 'get', 'list', 'patch'];

const rule = (resource: Resource, verbs: readonly string[]): Rule => {
  const [group, version] = resource.apiVersion.split('/');
  return { apiGroups: [version === undefined ? '' : (group ?? '')], resources: [resource.plural], verbs };
};

/** The rules of a Role, or of a ClusterRole where databases may be in all namespaces. */
export const RBAC_RULES: readonly Rule[] = [
  rule(CLUSTER, [...KEPT, 'watch']),
  rule(POOLER, [...KEPT, 'watch']),
  rule(SCHEDULED_BACKUP, KEPT),
  rule(DATABASE, KEPT),
  rule(SECRET, [...KEPT, 'watch']),
  rule(PVC, ['list']),
];
