/**
 * Which addresses the gateway will call on behalf of an administrator. Whoever may name an address can make the
 * gateway send requests: it must reach services on the public internet and nothing else.
 *
 * Names cannot be resolved here. What a public name resolves to is the platform's business, which routes every
 * call over the public internet (`global_fetch_strictly_public`); names that mean a private network by
 * themselves are refused.
 */

export type AddressPolicy = {
  /** Development only: services on this machine, over plain HTTP and on any port. */
  allowLoopback: boolean;
};

/** Why the address may not be called, for the administrator; undefined when it may. */
export function refuseAddress(text: string, { allowLoopback }: AddressPolicy): string | undefined {
  if (!URL.canParse(text)) return "This is no absolute address.";
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") return "An address must not carry a user name or password.";
  if (url.hash !== "" || url.search !== "") return "An address must end with its path.";
  const host = url.hostname.replace(/\.+$/, "").toLowerCase();
  if (allowLoopback && /^https?:$/.test(url.protocol) && isLoopback(host)) return undefined;
  if (url.protocol !== "https:") return "Only https addresses are called.";
  return refusePort(url.port) ?? refuseHost(host);
}

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);

/** Ports below 1024 belong to other protocols: mail servers and the like answer HTTP in surprising ways. */
const refusePort = (port: string): string | undefined =>
  port === "" || Number(port) >= 1_024
    ? undefined
    : `Port ${port} is not called: use 443, or 1024 and above.`;

function refuseHost(host: string): string | undefined {
  const reserved = "This address is not on the public internet.";
  if (host.startsWith("[")) return isPublicIpv6(host.slice(1, -1)) ? undefined : reserved;
  // The URL parser has written every spelling of an IPv4 address (hexadecimal, octal, one number) as four numbers.
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return isPublicIpv4(host) ? undefined : reserved;
  if (!host.includes(".")) return reserved;
  return privateNames.some((name) => host === name || host.endsWith(`.${name}`)) ? reserved : undefined;
}

/** Names that are never delegated in public: RFC 6761, RFC 6762, RFC 7686, RFC 8375, ICANN's `internal`, and habits. */
const privateNames = [
  "localhost",
  "localdomain",
  "local",
  "internal",
  "intranet",
  "private",
  "corp",
  "home",
  "lan",
  "home.arpa",
  "in-addr.arpa",
  "ip6.arpa",
  "onion",
  "test",
  "invalid",
];

/** Special-purpose ranges (RFC 6890 and its registry), multicast and the reserved rest, as prefix and length. */
const specialIpv4: readonly [string, number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
];

const ipv4Number = (address: string): number =>
  address.split(".").reduce((number, part) => number * 256 + Number(part), 0);

function isPublicIpv4(address: string): boolean {
  const number = ipv4Number(address);
  return !specialIpv4.some(([prefix, length]) => {
    const size = 2 ** (32 - length);
    return Math.floor(number / size) === Math.floor(ipv4Number(prefix) / size);
  });
}

/**
 * Only global unicast, 2000::/3, and of that no range which embeds another address (Teredo and the rest of
 * 2001::/23, 6to4 2002::/16) or is for documentation. Mapped, translated, link-local and unique-local addresses
 * all lie outside 2000::/3.
 */
function isPublicIpv6(address: string): boolean {
  const [first = 0, second = 0] = ipv6Groups(address);
  if (first < 0x2000 || first > 0x3fff) return false;
  if (first === 0x2002 || (first === 0x3fff && second < 0x1000)) return false;
  return !(first === 0x2001 && (second < 0x0200 || second === 0x0db8));
}

/** The URL parser has normalized the address: groups in hexadecimal, at most one `::`. */
function ipv6Groups(address: string): number[] {
  const [head = "", tail] = address.split("::");
  const groups = (text: string) =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const left = groups(head);
  if (tail === undefined) return left;
  const right = groups(tail);
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right];
}
