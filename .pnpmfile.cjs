/** Changes the manifests of packages before they are resolved. */

/** Returns the manifest without the dependencies of the API reference: the one file of it that is served has them all in it. */
function readPackage(manifest) {
  return manifest.name === '@scalar/api-reference' ? { ...manifest, dependencies: {} } : manifest;
}

module.exports = { hooks: { readPackage } };
