/** People as identity providers send them. */
import { USER_SCHEMA } from "../client/messages.ts";

export const userBody = (userName: string, title = "Engineer") => ({
  schemas: [USER_SCHEMA],
  userName,
  externalId: `external-${userName}`,
  active: true,
  displayName: `Person ${userName}`,
  title,
  name: { givenName: "Person", familyName: userName },
  emails: [{ value: userName, type: "work", primary: true }],
});
