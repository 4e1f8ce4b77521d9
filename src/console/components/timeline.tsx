/** Provisioning events, newest first: what happened, to whom, by whom. */
import type { ProvisioningEvent } from "../../gateway/overview/events.ts";
import { actionText, detailText } from "../event-words.ts";
import { Moment } from "./moment.tsx";

/** Names that events refer to by id. */
export type Names = { configurations: ReadonlyMap<string, string>; self: string };

type TimelineProps = {
  events: readonly ProvisioningEvent[];
  now: number;
  names: Names;
  /** Id of the subject whose page this is: naming it in every line says nothing. */
  about: string | undefined;
};

export const Timeline = ({ events, now, names, about }: TimelineProps) => (
  <ol class="timeline">
    {events.map((event) => {
      const detail = detailText(event);
      return (
        <li>
          <Moment at={event.at} now={now} />
          <div>
            {actionText(event.action)}
            {event.subject.name !== undefined && event.subject.id !== about && (
              <>
                {": "}
                <Subject subject={event.subject} />
              </>
            )}
            <span class="sub">
              {detail !== "" && `${detail} · `}
              {actorText(event.actor, names)}
            </span>
          </div>
        </li>
      );
    })}
  </ol>
);

const pagesOf = new Map([
  ["user", "/users"],
  ["group", "/groups"],
  ["configuration", "/configurations"],
  ["vault", "/vaults"],
  ["link", "/links"],
]);

const Subject = ({ subject: { kind, id, name } }: { subject: ProvisioningEvent["subject"] }) => {
  const path = pagesOf.get(kind);
  return path === undefined || id === undefined ? (
    <strong>{name}</strong>
  ) : (
    <a href={`${path}/${id}`}>{name}</a>
  );
};

function actorText(actor: string, names: Names): string {
  const colon = actor.indexOf(":");
  const [kind, id] = [actor.slice(0, colon), actor.slice(colon + 1)];
  if (kind === "idp") return `by ${names.configurations.get(id) ?? "a configuration that was deleted"}`;
  if (kind === "admin") return id === names.self ? "by you" : "by another administrator";
  return kind === "key" ? "by an API key" : "by the gateway";
}
