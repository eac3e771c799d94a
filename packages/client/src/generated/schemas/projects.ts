/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */

/** The input of `client.projects.create`. */
export interface CreateProjectInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Unique in the tenant; it never changes. */
  slug: string;
  /** The name, for people. */
  name: string;
  /** Its purpose. */
  description?: string | null | undefined;
}

/** A part of a tenant with keys and settings of its own. */
export interface Project {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Chosen at creation, unique in the tenant, never changes. */
  slug: string;
  /** The name, for people. */
  name: string;
  /** Its purpose. */
  description: string | null;
  /** `archived` is final: it is read, and changes no more. Others may come. */
  status: 'active' | 'archived';
  /** The user who created it and became its admin, with whom it is deleted; null: no user of the tenant created it. */
  owner_user_id: string | null;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
}

/** The input of `client.projects.list`. */
export interface ListProjectsInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** Only those in this status. */
  status?: 'active' | 'archived' | undefined;
}

/** A page of projects. */
export interface ProjectPage {
  /** The rows of this page. */
  items: Project[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** The input of `client.projects.get`. */
export interface GetProjectInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.projects.update`. */
export interface UpdateProjectInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The name, for people. */
  name?: string | undefined;
  /** Its purpose. */
  description?: string | null | undefined;
}

/** The input of `client.projects.archive`. */
export interface ArchiveProjectInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}
