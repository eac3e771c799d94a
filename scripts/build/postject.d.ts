declare module 'postject' {
  /** Writes the resource into the executable, under the name. */
  export function inject(
    file: string,
    name: string,
    resource: Buffer,
    options?: { readonly sentinelFuse?: string },
  ): Promise<void>;
}
