import { type AttributeDefinition, define, plural, type SchemaDefinition } from "../attribute.ts";
import { USER } from "../urn.ts";

const serverMade = { mutability: "readOnly" } as const;

const name = define("complex", "name", "The parts of the user's name.", {
  subAttributes: [
    define("string", "formatted", "The full name, formatted for display."),
    define("string", "familyName", "The family name, or last name."),
    define("string", "givenName", "The given name, or first name."),
    define("string", "middleName", "The middle name or names."),
    define("string", "honorificPrefix", "The title before the name, such as 'Ms.'."),
    define("string", "honorificSuffix", "The suffix after the name, such as 'III'."),
  ],
});

// RFC 7643 §2.4 gives every multi-valued attribute `primary`; the schema of §8.7.1 forgets it for addresses.
const addresses = define("complex", "addresses", "Postal addresses of the user.", {
  multiValued: true,
  subAttributes: [
    define("string", "formatted", "The full address, formatted for a mailing label."),
    define("string", "streetAddress", "Street, house number and further lines."),
    define("string", "locality", "The city."),
    define("string", "region", "The state or region."),
    define("string", "postalCode", "The postal code."),
    define("string", "country", "The country."),
    define("string", "type", "What the address is for.", { canonicalValues: ["work", "home", "other"] }),
    define("boolean", "primary", "Whether this is the preferred address; true at most once."),
  ],
});

const groups = define("complex", "groups", "The groups the user belongs to.", {
  ...serverMade,
  multiValued: true,
  subAttributes: [
    // Carries the id of a Group, and ids are case-exact (RFC 7643 §3.1).
    define("string", "value", "The id of the group.", { ...serverMade, caseExact: true }),
    define("reference", "$ref", "The address of the group.", {
      ...serverMade,
      referenceTypes: ["User", "Group"],
    }),
    define("string", "display", "The name of the group.", serverMade),
    define("string", "type", "Whether the membership is direct or through another group.", {
      ...serverMade,
      canonicalValues: ["direct", "indirect"],
    }),
  ],
});

const text = (description: string): AttributeDefinition => define("string", "value", description);

/** RFC 7643 §4.1 and §8.7.1. */
export const USER_SCHEMA: SchemaDefinition = {
  id: USER,
  name: "User",
  description: "User Account",
  attributes: [
    define("string", "userName", "The name the user signs in with; unique.", {
      required: true,
      uniqueness: "server",
    }),
    name,
    define("string", "displayName", "The user's name for display."),
    define("string", "nickName", "What the user is called casually."),
    define("reference", "profileUrl", "The address of the user's profile page.", {
      referenceTypes: ["external"],
    }),
    define("string", "title", "The user's title, such as 'Vice President'."),
    define("string", "userType", "The relation of the user to the organization, such as 'Contractor'."),
    define("string", "preferredLanguage", "The languages the user prefers, as in Accept-Language."),
    define("string", "locale", "The user's locale, for dates, numbers and currency."),
    define("string", "timezone", "The user's time zone, such as 'America/Los_Angeles'."),
    define("boolean", "active", "Whether the user may use the service."),
    define("string", "password", "Accepted and never stored.", {
      mutability: "writeOnly",
      returned: "never",
    }),
    plural("emails", "E-mail addresses of the user.", text("An e-mail address."), ["work", "home", "other"]),
    plural("phoneNumbers", "Phone numbers of the user.", text("A phone number."), [
      "work",
      "home",
      "mobile",
      "fax",
      "pager",
      "other",
    ]),
    plural("ims", "Instant messaging addresses of the user.", text("An instant messaging address."), [
      "aim",
      "gtalk",
      "icq",
      "xmpp",
      "msn",
      "skype",
      "qq",
      "yahoo",
    ]),
    plural(
      "photos",
      "Photos of the user.",
      define("reference", "value", "The address of a photo.", { referenceTypes: ["external"] }),
      ["photo", "thumbnail"],
    ),
    addresses,
    groups,
    plural("entitlements", "What the user is entitled to.", text("An entitlement.")),
    plural("roles", "The roles of the user.", text("A role.")),
    plural(
      "x509Certificates",
      "Certificates of the user.",
      define("binary", "value", "A DER-encoded X.509 certificate in base64."),
    ),
  ],
};
