/** Every transcript, over HTTP, each in a tenant of its own. */
import { describe, expect, it } from "vitest";
import { gateway } from "../support/gateway-worker.ts";
import { replay, type Transcript } from "../support/transcript.ts";

const transcripts = import.meta.glob<Transcript>("./transcripts/**/*.json", {
  eager: true,
  import: "default",
});

describe("transcripts", () => {
  it("are all there", () => {
    const clients = Object.keys(transcripts).map((path) => path.split("/")[2]);
    expect(new Set(clients)).toEqual(
      new Set(["entra", "okta", "jumpcloud", "onelogin", "ping", "sailpoint"]),
    );
  });

  for (const [path, transcript] of Object.entries(transcripts)) {
    const client = path.split("/")[2];
    it.concurrent(`${client}: ${transcript.title}`, async () => {
      expect(await replay(gateway, transcript)).toEqual([]);
    });
  }
});
