/** The names that the bootstrap uses. They are fixed: migrations/spicedb has them too, and is frozen. */

/** Belongs to the whole server: the databases of SpiceDB on it share the role and its password. */
export const SPICEDB_ROLE = 'spicedb';
export const SPICEDB_SCHEMA = 'spicedb';
/** Where the tree keeps its books: outside the schema of SpiceDB, whose role could otherwise rewrite them. */
export const BOOKKEEPING_SCHEMA = 'spicedb_bootstrap';
