import manifest from '../package.json' with { type: 'json' };

/**
 * The version of the packages, the artefact and the document: one for all. It grows with every change of the contract: the
 * first number when a caller may have to change, the second while the first is 0, which it is until the first release.
 * `openapi:check` refuses a break that the version does not tell.
 */
export const version: string = manifest.version;
