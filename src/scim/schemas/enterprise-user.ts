import { define, type SchemaDefinition } from "../attribute.ts";
import { ENTERPRISE_USER } from "../urn.ts";

/** RFC 7643 §4.3 and §8.7.1. */
export const ENTERPRISE_USER_SCHEMA: SchemaDefinition = {
  id: ENTERPRISE_USER,
  name: "EnterpriseUser",
  description: "Enterprise User",
  attributes: [
    define("string", "employeeNumber", "The number the organization gave the user."),
    define("string", "costCenter", "The user's cost center."),
    define("string", "organization", "The user's organization."),
    define("string", "division", "The user's division."),
    define("string", "department", "The user's department."),
    define("complex", "manager", "The user's manager.", {
      subAttributes: [
        // Carries the id of a User, and ids are case-exact (RFC 7643 §3.1).
        define("string", "value", "The id of the manager.", { caseExact: true }),
        define("reference", "$ref", "The address of the manager.", { referenceTypes: ["User"] }),
        define("string", "displayName", "The name of the manager.", { mutability: "readOnly" }),
      ],
    }),
  ],
};
