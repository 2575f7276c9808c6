/** Is it this machine that a host names? Then the engine there stores what it does in a file here. */
export function isOnThisMachine(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, "");
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  return /^127(\.\d{1,3}){3}$/.test(name) || ["::1", "0.0.0.0", "::"].includes(name);
}
