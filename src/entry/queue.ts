/** The queue's door: messages of the propagation queue, and those it gave up on. */
import { DELIVERIES_MAX, RUN_DELIVERY_MS } from "../domain/limits.ts";
import { type PropagationMessage, parsePropagationMessage } from "../domain/outbox.ts";
import type { Deps } from "../gateway/deps.ts";
import { buryRow } from "../gateway/outbox/dead-letters.ts";
import { propagate } from "../gateway/outbox/propagation.ts";
import { noteError } from "../gateway/outbox/task.ts";
import { StoreUnavailable } from "../gateway/store-failure.ts";
import { concernsService, UpstreamFailure } from "../upstream/failure.ts";
import { buildDeps } from "./deps.ts";

const deadLetterQueue = "vestibule-propagation-dead";

const backoffSecondsMax = 60;

/** Doubles with every delivery: a vault that is out of order for a minute costs a handful of attempts. */
export const retryDelaySeconds = (attempts: number): number => Math.min(2 ** attempts, backoffSecondsMax);

export const queueHandler: ExportedHandlerQueueHandler<Env> = async (batch, env, context) => {
  const deps = buildDeps(env, (work) => context.waitUntil(work));
  const deliver = batch.queue === deadLetterQueue ? bury : consume;
  const deadline = deps.now() + RUN_DELIVERY_MS;
  for (const { message, pointer } of readable(deps, batch.messages)) {
    await deliver(deps, message, pointer, deadline);
  }
};

/** Long runs come last: people waiting for one change are not held up by a hundred thousand. */
function readable(
  deps: Deps,
  messages: readonly Message[],
): { message: Message; pointer: PropagationMessage }[] {
  const read = messages.flatMap((message) => {
    const pointer = parsePropagationMessage(message.body);
    if (pointer !== undefined) return [{ message, pointer }];
    // Its row, if there is one, is still in the outbox and will be pointed at again by the sweeper.
    deps.log({ level: "error", message: "unreadable queue message dropped", id: message.id });
    message.ack();
    return [];
  });
  const long = ({ pointer }: { pointer: PropagationMessage }) =>
    Number(pointer.kind === "link" || pointer.kind === "connector" || pointer.kind === "import");
  return read.toSorted((left, right) => long(left) - long(right));
}

async function consume(
  deps: Deps,
  message: Message,
  pointer: PropagationMessage,
  deadline: number,
): Promise<void> {
  const { shard, tenantNo } = pointer;
  try {
    const progress = await propagate(deps, pointer, deadline);
    if (progress === "more") deps.signals.outboxWritten(shard, tenantNo, [pointer]);
    message.ack();
  } catch (error) {
    deps.log({ level: "warn", message: "propagation failed", ...pointer, error: String(error) });
    // What cannot be reached is nobody's poison: such a row is left to the sweeper and never buried.
    const last = message.attempts >= DELIVERIES_MAX - 1;
    if (last && error instanceof StoreUnavailable) return message.ack();
    await noteError(deps, pointer, error);
    if (last && isOutage(error)) return message.ack();
    message.retry({ delaySeconds: retryDelaySeconds(message.attempts) });
  }
}

/** A vault's service that is down, or refuses the credential: every row of the vault would be buried in minutes. */
const isOutage = (error: unknown): boolean => error instanceof UpstreamFailure && concernsService(error);

async function bury(deps: Deps, message: Message, pointer: PropagationMessage): Promise<void> {
  try {
    await buryRow(deps, pointer);
    message.ack();
  } catch (error) {
    deps.log({ level: "error", message: "dead letter not kept", ...pointer, error: String(error) });
    message.retry({ delaySeconds: backoffSecondsMax });
  }
}
