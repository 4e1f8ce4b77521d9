/** Vite's: the text of a file. */
declare module "*.toml?raw" {
  const text: string;
  export default text;
}
