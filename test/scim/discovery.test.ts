import { describe, expect, it } from "vitest";
import {
  resourceType,
  resourceTypes,
  schema,
  schemas,
  serviceProviderConfig,
} from "../../src/scim/discovery.ts";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import { isObject } from "../../src/scim/json.ts";
import { ENTERPRISE_USER, GROUP, INFO_USER, RESOURCE_TYPE, SCHEMA, USER } from "../../src/scim/urn.ts";
import { failed, succeeded } from "./outcome.ts";

const baseUrl = "https://example.com/t/c1/scim/v2";

const config = serviceProviderConfig({
  baseUrl,
  bulk: { supported: true, maxOperations: 400, maxPayloadSize: 1_048_576 },
  authenticationSchemes: [{ type: "oauthbearertoken", name: "Bearer", description: "A token." }],
});

const attributesOf = (document: JsonObject): JsonObject[] => {
  const list = document["attributes"];
  return Array.isArray(list) ? list.filter(isObject) : [];
};

const named = (document: JsonObject, name: string): JsonObject => {
  const found = attributesOf(document).find((attribute) => attribute["name"] === name);
  if (found === undefined) throw new Error(`no attribute ${name}`);
  return found;
};

const subAttribute = (attribute: JsonObject, name: string): JsonObject =>
  named({ attributes: attribute["subAttributes"] ?? [] }, name);

describe("discovery", () => {
  it("has no nulls and only camelCase names (Entra reads it with a strict parser)", () => {
    const visit = (value: Json): void => {
      expect(value).not.toBeNull();
      if (typeof value !== "object" || value === null) return;
      for (const [name, item] of Object.entries(value)) {
        if (!Array.isArray(value)) expect(name).toMatch(/^[a-z][A-Za-z0-9]*$/);
        visit(item);
      }
    };
    for (const document of [config, ...resourceTypes(baseUrl), ...schemas(baseUrl)]) visit(document);
  });

  it("says what is supported", () => {
    expect(config).toMatchObject({
      patch: { supported: true },
      bulk: { supported: true, maxOperations: 400, maxPayloadSize: 1_048_576 },
      filter: { supported: true },
      changePassword: { supported: false },
      pagination: { cursor: true, index: true, defaultPaginationMethod: "index" },
      meta: { resourceType: "ServiceProviderConfig", location: `${baseUrl}/ServiceProviderConfig` },
    });
  });

  it("lists both resource types, each to be had alone", () => {
    const [user, group] = resourceTypes(baseUrl);
    expect(user).toMatchObject({ name: "User", endpoint: "/Users", schema: USER });
    expect(user?.["schemaExtensions"]).toEqual([
      { schema: ENTERPRISE_USER, required: false },
      { schema: INFO_USER, required: false },
    ]);
    expect(succeeded(resourceType(baseUrl, "Group"))).toEqual(group);
    expect(group?.["meta"]).toEqual({
      resourceType: "ResourceType",
      location: `${baseUrl}/ResourceTypes/Group`,
    });
    expect(failed(resourceType(baseUrl, "Device"))).toBe("notFound");
  });

  it("lists every schema, each to be had alone", () => {
    const ids = schemas(baseUrl).map(({ id }) => id);
    expect(ids.slice(0, 4)).toEqual([USER, ENTERPRISE_USER, INFO_USER, GROUP]);
    for (const document of schemas(baseUrl)) {
      expect(succeeded(schema(baseUrl, String(document["id"]).toUpperCase()))).toEqual(document);
      expect(document["meta"]).toEqual({
        resourceType: "Schema",
        location: `${baseUrl}/Schemas/${String(document["id"])}`,
      });
    }
    expect(failed(schema(baseUrl, "urn:nope"))).toBe("notFound");
  });

  it("declares the corrections of the RFC's own schemas", () => {
    const user = succeeded(schema(baseUrl, USER));
    const group = succeeded(schema(baseUrl, GROUP));
    expect(subAttribute(named(user, "addresses"), "primary")["type"]).toBe("boolean");
    expect(subAttribute(named(group, "members"), "display")["type"]).toBe("string");
    expect(named(group, "displayName")["required"]).toBe(true);
  });

  it("declares what validators look for", () => {
    const user = succeeded(schema(baseUrl, USER));
    expect(attributesOf(user).map(({ name }) => name)).toEqual([
      "externalId",
      "userName",
      "name",
      "displayName",
      "nickName",
      "profileUrl",
      "title",
      "userType",
      "preferredLanguage",
      "locale",
      "timezone",
      "active",
      "password",
      "emails",
      "phoneNumbers",
      "ims",
      "photos",
      "addresses",
      "groups",
      "entitlements",
      "roles",
      "x509Certificates",
    ]);
    expect(named(user, "userName")).toMatchObject({ required: true, caseExact: false, uniqueness: "server" });
    expect(named(user, "password")).toMatchObject({ mutability: "writeOnly", returned: "never" });
    expect(named(user, "groups")["mutability"]).toBe("readOnly");
    expect(subAttribute(named(user, "emails"), "type")["canonicalValues"]).toEqual(["work", "home", "other"]);
    expect(subAttribute(named(user, "phoneNumbers"), "type")["canonicalValues"]).toContain("mobile");
  });

  it("describes the discovery documents as RFC 7643 §8.7.2 does", () => {
    const described = succeeded(schema(baseUrl, SCHEMA));
    expect(named(described, "id")).toMatchObject({ required: true, mutability: "readOnly" });
    expect(subAttribute(named(described, "attributes"), "type")["required"]).toBe(true);
    expect(named(succeeded(schema(baseUrl, RESOURCE_TYPE)), "id")).toMatchObject({ required: false });
  });
});
