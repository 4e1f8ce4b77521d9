/** Groups of Microsoft Entra ID, read from Microsoft Graph as an application of that directory. */
import type { RemotePerson } from "../../domain/import.ts";
import { isObject, type JsonObject } from "../../scim/json.ts";
import { UpstreamFailure } from "../failure.ts";
import type { Transport } from "../scim-client.ts";
import { type Directory, type GroupPage, named, noSuchGroup, pageWithin, textOf } from "./directory.ts";
import { Requests } from "./requests.ts";

const graph = "https://graph.microsoft.com/v1.0/";

/** The most that a page of directory objects may have. */
const pageSize = 999;

const selected = "id,userPrincipalName,displayName,givenName,surname,mail,accountEnabled";

export type EntraConnection = { directoryId: string; clientId: string; clientSecret: string };

export class EntraDirectory implements Directory {
  readonly #requests: Requests;

  constructor(transport: Transport, { directoryId, clientId, clientSecret }: EntraConnection) {
    this.#requests = new Requests(transport, {
      type: "client",
      tokenEndpoint: `https://login.microsoftonline.com/${encodeURIComponent(directoryId)}/oauth2/v2.0/token`,
      clientId,
      clientSecret,
      scope: "https://graph.microsoft.com/.default",
    });
  }

  authenticate(): Promise<void> {
    return advised(() => this.#requests.authenticate());
  }

  /** Nested groups are Microsoft's to resolve: `transitiveMembers` lists each person once. */
  async readPage(groupId: string, nested: boolean, cursor: string | undefined): Promise<GroupPage> {
    const list = nested ? "transitiveMembers" : "members";
    const first = `${graph}groups/${encodeURIComponent(groupId)}/${list}?$select=${selected}&$top=${pageSize}`;
    const url = cursor === undefined ? first : pageWithin(graph, cursor);
    const { status, body } = await advised(() => this.#requests.get(url));
    if (status === 404) throw noSuchGroup(groupId);
    const members = isObject(body) ? body["value"] : undefined;
    if (!isObject(body) || !Array.isArray(members)) {
      throw new UpstreamFailure("invalid_answer", "Microsoft Graph answered without a list of members.");
    }
    const people = members
      .filter(isObject)
      .filter((member) => member["@odata.type"] === "#microsoft.graph.user")
      .map(personOf);
    const next = body["@odata.nextLink"];
    return { people, ...(typeof next === "string" ? { next: pageWithin(graph, next) } : {}) };
  }

  describe(): Promise<RemotePerson[]> {
    return Promise.resolve([]);
  }
}

function personOf(user: JsonObject): RemotePerson {
  const id = textOf(user["id"]);
  // What an application may not read comes as null, and is no reason to take anybody for somebody without a name.
  if (id === undefined || textOf(user["userPrincipalName"]) === undefined) {
    const detail = "Microsoft Graph hides the names of members: grant the application User.Read.All.";
    throw new UpstreamFailure("invalid_answer", detail);
  }
  const { userPrincipalName: userName, displayName, givenName, surname: familyName, mail: email } = user;
  return {
    id,
    ...named({ userName, displayName, givenName, familyName, email }),
    active: user["accountEnabled"] !== false,
  };
}

/** What the numbers of Microsoft's token endpoint mean for whoever has to mend it. */
const advice: readonly [number: string, text: string][] = [
  ["7000222", "The client secret has expired: create a new one in Microsoft Entra ID and enter it here."],
  ["7000215", "The client secret is wrong: enter the value of the secret, not its id."],
  ["700016", "The directory knows no application with this client id."],
  ["90002", "There is no directory with this id."],
  ["900023", "There is no directory with this id."],
];

async function advised<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UpstreamFailure) || error.kind !== "credential") throw error;
    const [, text] = advice.find(([number]) => error.message.includes(`AADSTS${number})`)) ?? [];
    if (text === undefined) throw error;
    throw new UpstreamFailure("credential", `${text} ${error.message}`, { status: error.status ?? 0 });
  }
}
