/** The first five minutes: start, bootstrap, demo, and a start on what is there already. */
import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adminClient } from "../../src/commands/client/admin.ts";
import { basicClient, bearerClient, type Credentials } from "../../src/commands/client/scim.ts";
import { projectDirectory } from "../../src/commands/development/wrangler.ts";
import { type Gateway, startGateway } from "./support/gateway.ts";

const run = promisify(execFile);
const npm = (...args: string[]) => run("npm", args, { cwd: projectDirectory, timeout: 110_000 });

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ migrated: false });
});
afterAll(() => gateway?.dispose());

type Bootstrapped = {
  tenant: string;
  apiKey: string;
  consoleUrl: string;
  entra: Credentials;
  scim: Credentials;
};

let bootstrapped: Bootstrapped;

describe("npm start", () => {
  it("makes secrets and databases, and answers on both names of this machine", async () => {
    expect(gateway.output()).toContain("Made development secrets");
    expect(gateway.output()).toContain("Applied migrations");
    for (const host of ["localhost", "127.0.0.1"]) {
      const response = await fetch(`http://${host}:${gateway.port}/.well-known/jwks.json`);
      expect(response.status).toBe(200);
      const { keys } = (await response.json()) as { keys: Record<string, unknown>[] };
      expect(keys[0]).toMatchObject({ kty: "EC", crv: "P-256" });
      expect(keys[0]).not.toHaveProperty("d");
    }
  });

  it("says so when the port is taken, and ends with an error", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    try {
      await new Promise((resolve) => holder.once("listening", resolve));
      const { port } = holder.address() as { port: number };
      const refused = run("npm", ["start"], {
        cwd: projectDirectory,
        env: { ...process.env, PORT: String(port) },
      });
      await expect(refused).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`Port ${port} is taken`),
      });
    } finally {
      holder.close();
    }
  });
});

describe("npm run bootstrap", () => {
  it("prints one JSON object of the promised shape, and nothing else", async () => {
    const { stdout, stderr } = await npm("run", "--silent", "bootstrap", "--", "--base", gateway.base);
    bootstrapped = JSON.parse(stdout) as Bootstrapped;
    expect(stderr).not.toContain("Error");
    const credentials = {
      tenantUrl: expect.stringMatching(`^${gateway.base}/t/[^/]+/scim/v2$`),
      tokenEndpoint: expect.stringMatching(`^${gateway.base}/t/[^/]+/oauth2/token$`),
      clientId: expect.stringMatching(/./),
      clientSecret: expect.stringMatching(/./),
    };
    expect(bootstrapped).toStrictEqual({
      tenant: expect.stringMatching(/./),
      apiKey: expect.stringMatching(/./),
      consoleUrl: expect.stringMatching(`^${gateway.base}/`),
      entra: credentials,
      scim: credentials,
    });
  });

  it("hands out what works", async () => {
    const { id } = await adminClient(gateway.base, bootstrapped.apiKey).tenant();
    expect(id).toBe(bootstrapped.tenant);
    const probe = "/Users?startIndex=1&count=1";
    expect((await bearerClient(bootstrapped.entra).request("GET", probe)).status).toBe(200);
    expect((await bearerClient(bootstrapped.scim).request("GET", probe)).status).toBe(200);
    expect((await basicClient(bootstrapped.scim).request("GET", probe)).status).toBe(200);
    expect((await basicClient(bootstrapped.entra).request("GET", probe)).status).toBe(401);
    expect((await fetch(bootstrapped.consoleUrl)).headers.get("content-type")).toContain("text/html");
  });

  it("fails with a sentence on stderr when no gateway answers", async () => {
    const lost = npm("run", "--silent", "bootstrap", "--", "--base", "http://127.0.0.1:9");
    await expect(lost).rejects.toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("no answer"),
    });
  });
});

describe("npm run demo", () => {
  it("plays both providers to the end; what it prints agrees with the API", async () => {
    const { stdout } = await npm("run", "--silent", "demo", "--", "--base", gateway.base);
    const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1]);
    const apiKey = /API key\s+(\S+)/.exec(stdout)?.[1] ?? "";
    const admin = adminClient(gateway.base, apiKey);
    const { home } = await admin.tenant();
    expect(home).toMatchObject({ users: 250, groups: 15 });
    expect(number(/Users\s+(\d+)/)).toBe(250);
    expect(number(/Groups\s+(\d+)/)).toBe(15);
    expect(home.waiting.total).toBeGreaterThan(0);
    expect(number(/Waiting\s+(\d+)/)).toBe(home.waiting.total);
    expect(await admin.users("?waiting=true")).toHaveLength(home.waiting.total);
    const links = await admin.links();
    expect(links.map(({ state }) => state)).toEqual(["active", "active"]);
    expect(stdout.match(/active\s+\d+\/\d+/g)).toHaveLength(2);
  });
});

describe("npm start, again", () => {
  it("starts quickly on the same state, and everything is there", async () => {
    const before = await adminClient(gateway.base, bootstrapped.apiKey).tenant();
    // Either way nothing is left that holds the port.
    await gateway.stop("supervisor");
    await gateway.start();
    await gateway.stop("ctrl-c");
    await gateway.start();
    expect(gateway.output()).not.toContain("Applied migrations");
    expect(gateway.readyMs()).toBeLessThan(10_000);
    expect(await adminClient(gateway.base, bootstrapped.apiKey).tenant()).toEqual(before);
    // The same signing key, and no directory entry lost.
    const probe = await bearerClient(bootstrapped.entra).request("GET", "/Users?startIndex=1&count=1");
    expect(probe.status).toBe(200);
  });
});
