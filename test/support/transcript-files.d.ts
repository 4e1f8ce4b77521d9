interface ImportMeta {
  /** Vite's: every file that the pattern matches, by path. */
  glob<T>(pattern: string, options: { eager: true; import: "default" }): Record<string, T>;
}
