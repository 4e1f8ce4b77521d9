/** Whether a port of this machine is free: wrangler would quietly take another one. */
import { createServer } from "node:net";

function free(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    // A machine without IPv6 cannot have the port taken there.
    probe.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "EADDRNOTAVAIL"));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

export async function portIsFree(port: number): Promise<boolean> {
  return (await free(port, "127.0.0.1")) && (await free(port, "::1"));
}
