/** What is left to be set up, in order. An identity provider that has not called yet is no error: it may take 40 minutes. */
import { may, type Role } from "../../domain/role.ts";
import { counted } from "../words.ts";

export type Progress = {
  purchased: boolean;
  configurations: number;
  /** Configurations whose identity provider has not called yet. */
  awaitingContact: number;
  users: number;
  groups: number;
  linked: boolean;
};

type Step = { done: boolean; title: string; hint: string; path: string };

/** Only for those who can do the steps; gone once all are done. */
export const NextSteps = ({ progress, role }: { progress: Progress; role: Role }) => {
  if (!may(role, "provision")) return null;
  const steps = stepsOf(progress);
  if (steps.every(({ done }) => done)) return null;
  const next = steps.find(({ done }) => !done);
  return (
    <section class="card" aria-labelledby="next-steps">
      <h2 id="next-steps">What to do next</h2>
      <ol class="checklist">
        {steps.map((step) => (
          <li class={step.done ? "done" : undefined}>
            {step.done ? <span class="soft">{step.title}</span> : <a href={step.path}>{step.title}</a>}
            {step.done && <span class="visually-hidden"> (done)</span>}
            {step === next && <span class="hint">{step.hint}</span>}
          </li>
        ))}
      </ol>
    </section>
  );
};

function stepsOf({ purchased, configurations, awaitingContact, users, groups, linked }: Progress): Step[] {
  return [
    {
      done: purchased,
      title: "Enter how many licenses you have",
      hint: "Users can arrive without; they then wait, and get a license as soon as there is one.",
      path: "/licenses",
    },
    {
      done: configurations > 0,
      title: "Create a provisioning configuration",
      hint: "It gives you the values to copy into Microsoft Entra ID, Okta or another SCIM provider.",
      path: "/configurations/new",
    },
    {
      done: users > 0 || (configurations > 0 && awaitingContact < configurations),
      title: "Let your identity provider make its first contact",
      hint:
        configurations === 0
          ? "It calls as soon as provisioning is turned on there."
          : `${counted(awaitingContact, "configuration")} awaiting first contact. This is no error: a provider may take 40 minutes after provisioning is turned on.`,
      path: "/configurations",
    },
    {
      done: linked,
      title: "Link a provisioned group to a vault",
      hint:
        groups > 0
          ? "Members of the group then become users of the vault, and stay in line with the group."
          : "Possible as soon as the first group has arrived.",
      path: groups > 0 ? "/links/new" : "/links",
    },
  ];
}
