/** What a caller sends, read to its end: as far as it may go, and as long as that may take. */
import { BODY_RECEIVED_WITHIN_MS } from "../scim/limits.ts";

export type Received =
  | { ok: true; bytes: Uint8Array<ArrayBuffer> }
  | { ok: false; why: "too_large" | "too_slow" };

/** Stops reading at the limit, whatever the headers said, and at the deadline, however steadily it trickles. */
export async function receiveBody(
  body: ReadableStream<Uint8Array> | null,
  bytesMax: number,
  msMax = BODY_RECEIVED_WITHIN_MS,
): Promise<Received> {
  if (body === null) return { ok: true, bytes: new Uint8Array() };
  const reader = body.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), msMax);
  });
  try {
    const chunks: Uint8Array[] = [];
    for (let length = 0; ; ) {
      const next = await Promise.race([reader.read(), late]);
      if (next === "late") return giveUp(reader, "too_slow");
      if (next.done) return { ok: true, bytes: joined(chunks, length) };
      length += next.value.byteLength;
      if (length > bytesMax) return giveUp(reader, "too_large");
      chunks.push(next.value);
    }
  } finally {
    clearTimeout(timer);
  }
}

function giveUp(reader: ReadableStreamDefaultReader<Uint8Array>, why: "too_large" | "too_slow"): Received {
  // The caller may be gone, or never answer this either: nobody waits for it.
  reader.cancel().catch(() => undefined);
  return { ok: false, why };
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}
