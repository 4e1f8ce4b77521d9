/** A point in time: near ones as people say them, all of them exact on hover and for machines. */

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const relativeMax = 7 * day;

export const Moment = ({ at, now }: { at: string; now: number }) => (
  <time datetime={at} title={`${at.slice(0, 19).replace("T", " ")} UTC`}>
    {spoken(Date.parse(at), now)}
  </time>
);

function spoken(at: number, now: number): string {
  const distance = now - at;
  if (distance < -minute || distance > relativeMax) return new Date(at).toISOString().slice(0, 10);
  if (distance < minute) return "just now";
  if (distance < hour) return ago(distance / minute, "minute");
  return distance < day ? ago(distance / hour, "hour") : ago(distance / day, "day");
}

function ago(amount: number, unit: string): string {
  const whole = Math.floor(amount);
  return `${whole} ${unit}${whole === 1 ? "" : "s"} ago`;
}
