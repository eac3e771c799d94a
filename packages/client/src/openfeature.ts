/**
 * Serves flags to OpenFeature from the configurations of a project. It imports nothing: the objects have the form that
 * `@openfeature/server-sdk` asks of a provider.
 */
export { type ConfigsProvider, type ConfigsProviderOptions, createConfigsProvider } from './openfeature/provider.ts';
