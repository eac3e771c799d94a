/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */

/** The input of `client.resources.create`. */
export interface CreateResourceInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The project that it belongs to. */
  project_id: string;
  /** What it is, in a word of yours. */
  kind: string;
  /** Its name, for people. */
  name: string;
  /** `adopted`: it was there before the registry knew it; `provisioned`: it was made for the project. */
  origin?: 'adopted' | 'provisioned' | undefined;
  /** Its id in the system that runs it. */
  external_ref?: string | null | undefined;
}

/** Something of a project that runs machines: a server, a cluster, a site. */
export interface Resource {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The project that it belongs to. */
  project_id: string;
  /** What it is, in a word of yours. */
  kind: string;
  /** Its name, for people. */
  name: string;
  /**
   * `adopted`: it was there before the registry knew it; `provisioned`: it was made for the project. Others may come.
   */
  origin: 'adopted' | 'provisioned';
  /** Its id in the system that runs it. */
  external_ref: string | null;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
}

/** The input of `client.resources.list`. */
export interface ListResourcesInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** Only the resources of this project. */
  project_id?: string | undefined;
  /** Only those of this kind. */
  kind?: string | undefined;
}

/** A page of resources. */
export interface ResourcePage {
  /** The rows of this page. */
  items: Resource[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** The input of `client.resources.get`. */
export interface GetResourceInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.resources.update`. */
export interface UpdateResourceInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** What it is, in a word of yours. */
  kind?: string | undefined;
  /** Its name, for people. */
  name?: string | undefined;
  /** Its id in the system that runs it. */
  external_ref?: string | null | undefined;
}

/** The input of `client.resources.delete`. */
export interface DeleteResourceInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}
