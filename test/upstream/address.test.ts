import { describe, expect, it } from "vitest";
import { refuseAddress } from "../../src/upstream/address.ts";

const production = { allowLoopback: false };
const development = { allowLoopback: true };

describe("addresses that are called", () => {
  it.each([
    "https://scim.example.com/scim/v2",
    "https://scim.example.com:8443/scim/v2/",
    "https://SCIM.Example.com./v2",
    "https://8.8.8.8/scim",
    "https://[2606:4700:4700::1111]/scim",
    "https://172.15.255.255/",
    "https://172.32.0.1/",
    "https://100.63.255.255/",
    "https://100.128.0.1/",
    "https://localhost.example.com/",
    "https://internal-tools.example.com/",
    // Names in other scripts are names like any; what they look like is no address.
    "https://bücher.example.com/",
    "https://xn--bcher-kva.example.com/",
    // Not a spelling of this machine, and nobody's: `example` is never delegated.
    "https://localhost.example/",
  ])("%s", (address) => {
    expect(refuseAddress(address, production)).toBeUndefined();
  });
});

describe("addresses that are refused", () => {
  it.each([
    ["no address", "scim.example.com/v2"],
    ["no address", "/scim/v2"],
    ["plain HTTP", "http://scim.example.com/"],
    ["another scheme", "ftp://scim.example.com/"],
    ["another scheme", "file:///etc/passwd"],
    ["another scheme", "data:application/json,{}"],
    ["user name and password", "https://user:secret@scim.example.com/"],
    ["user name", "https://scim.example.com@127.0.0.1/"],
    ["a query", "https://scim.example.com/?target=x"],
    ["a fragment", "https://scim.example.com/#x"],
    ["a port of another protocol", "https://scim.example.com:25/"],
    ["a port of another protocol", "https://scim.example.com:22/"],
    ["this network", "https://0.0.0.0/"],
    ["private", "https://10.1.2.3/"],
    ["private", "https://172.16.0.1/"],
    ["private", "https://172.31.255.255/"],
    ["private", "https://192.168.1.1/"],
    ["carrier-grade NAT", "https://100.64.0.1/"],
    ["carrier-grade NAT", "https://100.127.255.255/"],
    ["loopback", "https://127.0.0.1/"],
    ["loopback in one number", "https://2130706433/"],
    ["loopback in hexadecimal", "https://0x7f000001/"],
    ["loopback in octal", "https://0177.0.0.1/"],
    ["loopback, shortened", "https://127.1/"],
    ["loopback in full-width digits", "https://１２７.0.0.1/"],
    ["loopback between ideographic full stops", "https://127。0。0。1/"],
    ["loopback, percent-encoded", "https://%31%32%37.0.0.1/"],
    ["loopback with a final dot", "https://127.0.0.1./"],
    ["loopback in one octal number", "https://017700000001/"],
    ["loopback, of mixed spellings", "https://0x7f.0.0x0.01/"],
    ["loopback behind backslashes", "https:\\\\127.0.0.1\\"],
    ["loopback with a tab in it", "https://127.0.\t0.1/"],
    ["loopback and another port", "https://127.0.0.1:8443/"],
    ["an address too long for IPv4", "https://127.0.0.1.1/"],
    ["an address with a zone", "https://[fe80::1%25eth0]/"],
    ["a private address behind a user name", "https://scim.example.com:443@10.0.0.1/"],
    ["link-local, where clouds keep their metadata", "https://169.254.169.254/latest/meta-data"],
    ["documentation", "https://192.0.2.1/"],
    ["documentation", "https://203.0.113.9/"],
    ["benchmarks", "https://198.19.0.1/"],
    ["multicast", "https://224.0.0.1/"],
    ["reserved", "https://255.255.255.255/"],
    ["IPv6 loopback", "https://[::1]/"],
    ["IPv6 unspecified", "https://[::]/"],
    ["IPv4-mapped", "https://[::ffff:127.0.0.1]/"],
    ["IPv4-mapped", "https://[::ffff:a9fe:a9fe]/"],
    ["IPv4-compatible", "https://[::127.0.0.1]/"],
    ["translated (NAT64)", "https://[64:ff9b::7f00:1]/"],
    ["IPv6 link-local", "https://[fe80::1]/"],
    ["IPv6 unique-local", "https://[fd00:ec2::254]/"],
    ["IPv6 multicast", "https://[ff02::1]/"],
    ["6to4 of a private address", "https://[2002:7f00:1::]/"],
    ["Teredo", "https://[2001:0:7f00:1::]/"],
    ["IPv6 documentation", "https://[2001:db8::1]/"],
    ["IPv6 documentation", "https://[3fff:fff::1]/"],
    ["this machine", "https://localhost/"],
    ["this machine, with a final dot", "https://localhost./"],
    ["this machine, with two", "https://localhost../"],
    ["this machine in circled letters", "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/"],
    ["this machine with a soft hyphen", "https://local\u00adhost/"],
    ["this machine", "https://scim.localhost/"],
    ["a name without a domain", "https://metadata/"],
    ["a private name", "https://metadata.google.internal/"],
    ["a private name", "https://printer.local/"],
    ["a private name", "https://router.home.arpa/"],
    ["a private name in capitals", "https://SCIM.CORP/"],
  ])("%s: %s", (_why, address) => {
    expect(refuseAddress(address, production)).toBeTypeOf("string");
  });

  it("tells what is wrong", () => {
    expect(refuseAddress("http://scim.example.com/", production)).toBe("Only https addresses are called.");
    expect(refuseAddress("https://10.0.0.1/", production)).toBe(
      "This address is not on the public internet.",
    );
  });
});

describe("development", () => {
  it.each([
    "http://localhost:8787/t/c/scim/v2",
    "http://127.0.0.1:1/",
    "http://[::1]:8787/",
    "https://localhost/",
  ])("calls %s", (address) => {
    expect(refuseAddress(address, development)).toBeUndefined();
  });

  it.each([
    "http://scim.example.com/",
    "https://10.0.0.1/",
    "http://169.254.169.254/",
    "http://u:p@localhost/",
  ])("refuses %s", (address) => {
    expect(refuseAddress(address, development)).toBeTypeOf("string");
  });
});
