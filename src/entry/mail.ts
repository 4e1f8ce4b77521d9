/** Mail through the `send_email` binding; in development it may be captured instead, and then says so. */
import type { Mail } from "../gateway/deps.ts";
import { isLoopback } from "../gateway/origin.ts";
import { log } from "./log.ts";

export type MailEnvironment = {
  EMAIL: SendEmail;
  /** Sender address; without it there is no mail. */
  MAIL_FROM?: string;
  /** `1` only in .dev.vars. */
  MAIL_CAPTURE?: string;
};

/** `origin`: of the request that mail is sent for; none for queue and alarm, which then never capture. */
export function openMail(environment: MailEnvironment, origin: string | undefined): Mail {
  const { EMAIL, MAIL_FROM, MAIL_CAPTURE } = environment;
  const capture = MAIL_CAPTURE === "1" && isLoopback(origin);
  return {
    mode: capture ? "captured" : MAIL_FROM ? "sent" : "unavailable",
    async send({ to, subject, text }) {
      if (capture) {
        log({ level: "info", message: "mail captured", to, subject, text });
        return "captured";
      }
      if (!MAIL_FROM) return "unavailable";
      try {
        await EMAIL.send({ from: MAIL_FROM, to, subject, text });
        return "sent";
      } catch (error) {
        log({ level: "error", message: "mail not sent", error: String(error) });
        return "unavailable";
      }
    },
  };
}
