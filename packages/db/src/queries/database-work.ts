/** The work on managed databases: claimed by one process at a time, which writes what came of it while the claim is its own. */
export {};
