/** One organization at ten times its rate, and what its neighbor notices. */
import { makeDirectory } from "./directory.ts";
import type { Figure } from "./figures.ts";
import { startBenchGateway } from "./gateway.ts";
import { steadyLatency } from "./measure.ts";

/** Requests counted one by one instead of in tens: 20 per second and credential instead of 200. */
const rateScale = 0.1;
const limitPerSecond = 20;
const neighborPerSecond = 10;
const seconds = 20;

/**
 * Small rates, so that ten times the rate is a load this machine and this client can carry. Each request is then
 * reported by itself, which in the local emulation costs more than it answers; and the loud one may use up its
 * window of ten seconds at its beginning. Both are part of the figure.
 */
export async function fairness(): Promise<Figure[]> {
  const gateway = await startBenchGateway(rateScale);
  try {
    const loud = await makeDirectory(gateway.base, 100);
    const neighbor = await makeDirectory(gateway.base, 100);
    let refused = 0;
    const quiet = () => neighbor.scim.call("GET", "/Users?count=1");
    const flood = async () => {
      const { status } = await loud.scim.request("GET", "/Users?count=1");
      if (status === 429) refused += 1;
    };
    await steadyLatency(quiet, neighborPerSecond, 3);
    const alone = await steadyLatency(quiet, neighborPerSecond, seconds);
    const [beside] = await Promise.all([
      steadyLatency(quiet, neighborPerSecond, seconds),
      steadyLatency(flood, 10 * limitPerSecond, seconds),
    ]);
    const share = (100 * refused) / (10 * limitPerSecond * seconds);
    return [
      {
        name: "neighbor of ten times the rate: p99 ÷ alone",
        value: beside.p99 / alone.p99,
        unit: "×",
        goal: { at: "most", value: 1.5 },
        detail: `${beside.p99.toFixed(1)} ms ÷ ${alone.p99.toFixed(1)} ms; ${share.toFixed(0)} % of the flood got 429`,
      },
    ];
  } finally {
    await gateway.stop();
  }
}
