/** For tests that tell one story: after the first that fails, the rest say nothing and are skipped. */
import { afterEach, beforeEach } from "vitest";

export function inOrder(): void {
  let broken = false;
  beforeEach(({ skip }) => skip(broken, "an earlier step failed"));
  afterEach(({ task }) => {
    broken ||= task.result?.state === "fail";
  });
}
