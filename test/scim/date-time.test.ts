import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDateTime } from "../../src/scim/date-time.ts";

describe("parseDateTime", () => {
  it.each([
    ["2008-01-23T04:56:22Z", Date.UTC(2008, 0, 23, 4, 56, 22)],
    ["2008-01-23T04:56:22", Date.UTC(2008, 0, 23, 4, 56, 22)],
    ["2008-01-23T04:56:22.5Z", Date.UTC(2008, 0, 23, 4, 56, 22, 500)],
    ["2008-01-23T04:56:22.0005Z", Date.UTC(2008, 0, 23, 4, 56, 22) + 0.5],
    ["2008-01-23T04:56:22+05:30", Date.UTC(2008, 0, 22, 23, 26, 22)],
    ["2008-01-23T04:56:22-08:00", Date.UTC(2008, 0, 23, 12, 56, 22)],
    ["2008-01-23T24:00:00Z", Date.UTC(2008, 0, 24)],
    ["2008-02-29T00:00:00Z", Date.UTC(2008, 1, 29)],
  ])("%s", (text, expected) => {
    expect(parseDateTime(text)).toBe(expected);
  });

  it.each([
    "",
    "yesterday",
    "2008-01-23",
    "2008-01-23 04:56:22Z",
    "2008-01-23T04:56Z",
    "2009-02-29T00:00:00Z",
    "2008-13-01T00:00:00Z",
    "2008-00-01T00:00:00Z",
    "2008-01-23T25:00:00Z",
    "2008-01-23T24:00:01Z",
    "2008-01-23T04:60:22Z",
    "2008-01-23T04:56:60Z",
    "2008-01-23T04:56:22+15:00",
    "2008-01-23T04:56:22Z\n",
  ])("refuses %j", (text) => {
    expect(parseDateTime(text)).toBeUndefined();
  });

  it("agrees with Date on what Date prints", () => {
    fc.assert(
      fc.property(
        fc.date({ noInvalidDate: true, min: new Date("0000-01-01"), max: new Date("9999-12-31") }),
        (date) => {
          expect(parseDateTime(date.toISOString())).toBe(date.getTime());
        },
      ),
    );
  });
});
