/** What administrators do at the same time: purchases, license types, links, vaults, configurations, decisions. */
import type { CreatedConfiguration } from "../../../src/commands/client/answers.ts";
import { basicClient } from "../../../src/commands/client/scim.ts";
import type { Random, Round } from "./crash-random.ts";
import { createPerson, linkTo, MAIN_VAULT, STEADY_GROUP, type Subject } from "./crash-subject.ts";

/** Administrators are slower than identity providers. */
const pause = () => new Promise((resolve) => setTimeout(resolve, 30));

export function actAsAdministrators(subject: Subject, round: Round): Promise<void>[] {
  const { random } = round;
  const acts = [
    () => purchase(subject, random),
    () => actOnVaultUser(subject, random),
    () => actOnLinks(subject, round),
  ];
  // A decision can only be taken back by a repair; without the brake there is nothing to decide.
  if (subject.braked) acts.push(() => decide(subject, random));
  return [...acts.map((act) => repeat(subject, act)), comeAndGo(subject, round)];
}

async function repeat({ facts }: Subject, act: () => Promise<void>): Promise<void> {
  while (!facts.stopped) {
    await act();
    await pause();
  }
}

async function purchase({ facts, tenant, groups }: Subject, random: Random): Promise<void> {
  if (random.chance(0.2)) {
    const type = facts.get("type B") === null ? "concurrent" : null;
    await facts.write({
      send: () => tenant.admin.request("PATCH", `/groups/${groups.get("B")?.id}`, { licenseType: type }),
      makes: [["type B", type]],
      tells: ["group.license_type_changed"],
    });
    return;
  }
  const code = random.pick(["read_only", "read_only", "concurrent", "named"]) ?? "";
  const purchased = Number(facts.get(`purchased ${code}`)) + 1;
  await facts.write({
    send: () => tenant.admin.request("PATCH", `/license-types/${code}`, { purchased }),
    makes: [[`purchased ${code}`, purchased]],
    tells: ["license.purchased"],
  });
}

/** On people whose membership is steady, so that only administrators decide what they are. */
async function actOnVaultUser({ facts, tenant, vaultIds, userIds }: Subject, random: Random): Promise<void> {
  const name = random.pick(facts.keysOf("act")) ?? "";
  const before = facts.get(`act ${name}`);
  const path = `/vaults/${vaultIds.get(MAIN_VAULT)}/users/${userIds.get(name)}`;
  const set = (state: "enabled" | "disabled") => tenant.admin.request("PATCH", path, { state });
  if (before === "enabled" && random.chance(0.5)) {
    const makes = [[`act ${name}`, "disabled"]] as const;
    await facts.write({ send: () => set("disabled"), makes, tells: ["vault_user.disabled"] });
  } else if (before === "enabled") {
    const makes = [[`act ${name}`, "deleted"]] as const;
    await facts.write({
      send: () => tenant.admin.request("DELETE", path),
      makes,
      tells: ["vault_user.deleted"],
    });
  } else {
    const makes = [[`act ${name}`, "enabled"]] as const;
    const tells = [before === "deleted" ? "vault_user.restored" : "vault_user.enabled"];
    await facts.write({ send: () => set("enabled"), makes, tells });
  }
}

/** Links that come and go beside those that stand. */
const passingLinks = ({ links, facts }: Subject) =>
  [...links.values()].filter(
    ({ id, target }) =>
      id !== "" &&
      target.startsWith("passing") &&
      ["following", "paused"].includes(String(facts.get(`link ${target}`))),
  );
const passingLinksMax = 6;
let targets = 0;

async function actOnLinks(subject: Subject, round: Round): Promise<void> {
  const { random } = round;
  const passing = passingLinks(subject);
  const link = random.pick(passing);
  const kind = random.below(10);
  targets += 1;
  const target = `passing ${round.number}-${targets}`;
  if (link === undefined || (kind < 2 && passing.length < passingLinksMax)) {
    const group = random.pick(["B", "Pushed"]) ?? "B";
    await linkTo(subject, { group, vault: MAIN_VAULT, target });
  } else if (kind < 4 && passing.length < passingLinksMax) {
    await linkIntoNewVault(subject, `Vault ${round.number}-${targets}`, target, random);
  } else if (kind < 7 && !subject.braked) await turn(subject, link);
  else await takeOff(subject, link, random);
}

async function linkIntoNewVault(
  subject: Subject,
  vault: string,
  target: string,
  random: Random,
): Promise<void> {
  const { facts, tenant, vaultIds } = subject;
  const created = await facts.write({
    send: () => tenant.admin.request("POST", "/vaults", { name: vault }),
    makes: [[`vault ${vault}`, true]],
    tells: ["vault.created"],
  });
  if (created === undefined) return;
  vaultIds.set(vault, (created.body as { id: string }).id);
  await linkTo(subject, { group: random.pick(["B", STEADY_GROUP]) ?? "B", vault, target });
}

type Passing = ReturnType<typeof passingLinks>[number];

/** Pauses a link, or resumes it. */
async function turn({ facts, tenant, frozen }: Subject, { id, target }: Passing): Promise<void> {
  const paused = facts.get(`link ${target}`) === "paused";
  frozen.delete(target);
  await facts.write({
    send: () => tenant.admin.request("PATCH", `/links/${id}`, { state: paused ? "active" : "paused" }),
    makes: [[`link ${target}`, paused ? "following" : "paused"]],
    tells: [paused ? "link.resumed" : "link.paused"],
  });
}

/** Members stay only where no other link of the vault would have a say about them. */
async function takeOff({ facts, tenant, frozen }: Subject, link: Passing, random: Random): Promise<void> {
  const { id, target, vault } = link;
  const members = vault !== MAIN_VAULT && random.chance(0.7) ? "keep" : "remove";
  frozen.delete(target);
  await facts.write({
    send: () => tenant.admin.request("DELETE", `/links/${id}?members=${members}`),
    makes: [[`link ${target}`, members === "keep" ? "kept" : "removed"]],
    tells: [members === "keep" ? "link.removed" : "link.unlinking"],
    mayTell: ["staged_effects.discarded"],
  });
}

type Staged = { id: string; link: { id: string } | null };

async function decide(subject: Subject, random: Random): Promise<void> {
  const { facts, tenant } = subject;
  const page = await facts.read<{ items: Staged[] }>(() =>
    tenant.admin.request("GET", "/staged-effects?state=staged"),
  );
  const staged = random.pick(page?.items ?? []);
  if (staged === undefined) return;
  const discarding = staged.link !== null && random.chance(0.25);
  if (discarding) subject.discarded = true;
  await facts.write({
    send: () =>
      tenant.admin.request("POST", `/staged-effects/${staged.id}/${discarding ? "discard" : "approve"}`),
    tells: [`staged_effects.${discarding ? "discarded" : "approved"}`],
    // Its link was taken off meanwhile.
    tolerates: [409],
  });
}

/** A configuration with people of its own, deleted in the next round: its people stay, without an owner. */
async function comeAndGo(subject: Subject, round: Round): Promise<void> {
  const { facts, tenant, configurations } = subject;
  const old = facts.keysOf("configuration").find((name) => facts.get(`configuration ${name}`) === true);
  const oldId = old === undefined ? undefined : configurations.get(old)?.id;
  if (old !== undefined && oldId !== undefined) {
    const people = facts.keysOf("user").filter((name) => name.startsWith(`${old}-`));
    await facts.write({
      send: () => tenant.admin.request("DELETE", `/configurations/${oldId}`),
      makes: [
        [`configuration ${old}`, false],
        ...people
          .filter((name) => facts.get(`user ${name}`) === "live")
          .map((name) => [`user ${name}`, "ownerless"] as const),
      ],
      tells: ["configuration.deleted"],
    });
  }
  const name = `temporary${round.number}`;
  const created = await facts.write({
    send: () =>
      tenant.admin.request("POST", "/configurations", {
        name,
        type: "other_scim",
        defaultLicenseType: "read_only",
      }),
    makes: [[`configuration ${name}`, true]],
    tells: ["configuration.created"],
  });
  if (created === undefined) return;
  const configuration = created.body as CreatedConfiguration;
  configurations.set(name, configuration);
  const scim = basicClient(configuration);
  for (let number = 0; number < 3; number += 1) await createPerson(subject, scim, `${name}-${number}`);
}
