/** The page of the API reference, and the script that starts it. */

/** Lets the page load from here alone. The reference sets styles from its script, and its icons are data. */
export const policy = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};

export const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>tenant-registry API</title>
    <link rel="icon" href="docs/icon.svg">
    <script src="docs/reference.js" defer></script>
    <script src="docs/start.js" defer></script>
  </head>
  <body><div id="reference"></div></body>
</html>
`;

export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#2f6f4f" d="M2 2h12v3H2zm0 4.5h12v3H2zM2 11h12v3H2z"/></svg>
`;

/** Languages of the reference that are left out; of the others, the libraries that are. */
const hidden = {
  ...Object.fromEntries(
    'c clojure csharp dart fsharp go http java julia kotlin node objc ocaml php powershell r ruby rust swift'
      .split(' ')
      .map((language) => [language, true]),
  ),
  shell: ['httpie', 'wget'],
  js: ['axios', 'jquery', 'ofetch', 'xhr'],
  python: ['aiohttp', 'httpx_async', 'httpx_sync', 'python3'],
};

/**
 * Everything that would ask another host is off: fonts, the proxy for requests, counting, the assistant, and the links to
 * the maker's own client. A token that is tried out stays in the page, and is gone with it.
 */
const configuration = {
  authentication: { preferredSecurityScheme: 'BearerAuth' },
  defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
  featuredClients: ['shell/curl', 'js/fetch', 'python/requests'],
  hiddenClients: hidden,
  persistAuth: false,
  telemetry: false,
  withDefaultFonts: false,
  hideClientButton: true,
  orderSchemaPropertiesBy: 'preserve',
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
};

export const start = `const here = new URL('.', location.href).href;
Scalar.createApiReference('#reference', {
  ...${JSON.stringify(configuration, null, 2).replaceAll('\n', '\n  ')},
  url: new URL('docs/openapi.json', location.href).href,
  externalUrls: { dashboardUrl: here, registryUrl: here, proxyUrl: here, apiBaseUrl: here },
});
`;
