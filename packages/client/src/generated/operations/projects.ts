/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { MutationOptions, QueryOptions } from '../../calls/options.ts';
import type { List } from '../../list.ts';
import type { Result } from '../../result.ts';
import type {
  ArchiveProjectInput,
  CreateProjectInput,
  GetProjectInput,
  ListProjectsInput,
  Project,
  ProjectPage,
  UpdateProjectInput,
} from '../schemas/projects.ts';

/** The operations of `client.projects`. */
export interface ProjectsOperations {
  /**
   * Create a project.
   *
   * The tenant must at this moment be entitled to a product that supports projects.
   *
   * Requires the permission `projects:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:projects:write`.
   */
  create(input: CreateProjectInput, options?: MutationOptions): Result<Project>;
  /**
   * List the projects of a tenant.
   *
   * Newest first, filtered by status.
   *
   * Requires the permission `projects:read`. It is held by the roles operator, support, sales, admin, member; API keys
   * with the scope `registry:projects:read`.
   */
  list(input: ListProjectsInput, options?: QueryOptions): List<ProjectPage>;
  /**
   * Get a project.
   *
   * By id.
   *
   * Requires the permission `projects:read`. It is held by the roles operator, support, sales, admin, member; API keys
   * with the scope `registry:projects:read`. In a project it is also held by the level viewer there.
   */
  get(input: GetProjectInput, options?: QueryOptions): Result<Project>;
  /**
   * Change a project.
   *
   * Absent fields stay as they are, null clears the description. The slug never changes.
   *
   * Requires the permission `projects:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:projects:write`. In a project it is also held by the level admin there.
   */
  update(input: UpdateProjectInput, options?: MutationOptions): Result<Project>;
  /**
   * Archive a project.
   *
   * For good: it can be read, and changes no more. Archiving an archived project changes nothing.
   *
   * Requires the permission `projects:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:projects:write`. In a project it is also held by the level admin there.
   */
  archive(input: ArchiveProjectInput, options?: MutationOptions): Result<Project>;
}
