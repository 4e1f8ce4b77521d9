/** What the gateway did behind its answers, as the bench's Worker counts it. */
import { expectStatus, send } from "../client/http.ts";

export type Work = {
  runs: number;
  messages: number;
  batches: number;
  read: number;
  written: number;
  ms: number;
};

/** Since this was last asked. */
export async function backgroundWork(base: string): Promise<{ allocator: Work; queue: Work }> {
  const answer = expectStatus("/floor/work", await send(`${base}/floor/work`), 200);
  return answer.body as { allocator: Work; queue: Work };
}
