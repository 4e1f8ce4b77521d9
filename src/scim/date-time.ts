const PATTERN =
  /^(-?\d{4,6})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)?$/i;

const zoneMinutes = (zone: string | undefined): number => {
  if (zone === undefined || zone.length === 1) return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return zone.startsWith("-") ? -minutes : minutes;
};

/** Date.UTC rolls "February 30" over into March; this notices. */
const midnight = (year: number, month: number, day: number): number | undefined => {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const kept = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return kept ? date.getTime() : undefined;
};

/**
 * The instant of an xsd:dateTime (RFC 7643 §2.3.5) in milliseconds since 1970, fractions of one included;
 * without a time zone it is read as UTC. Undefined when the text is no dateTime.
 */
export const parseDateTime = (text: string): number | undefined => {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const start = midnight(Number(year), Number(month), Number(day));
  const hours = Number(hour);
  const minutes = Number(minute);
  const seconds = Number(second);
  const isEndOfDay = hours === 24 && minutes === 0 && seconds === 0 && Number(fraction ?? 0) === 0;
  if (start === undefined || minutes > 59 || seconds > 59 || (hours > 23 && !isEndOfDay)) return undefined;
  const minutesOfDay = hours * 60 + minutes - zoneMinutes(zone);
  const instant = start + minutesOfDay * 60_000 + seconds * 1_000 + Number(fraction ?? 0) * 1_000;
  return Number.isFinite(instant) ? instant : undefined;
};
