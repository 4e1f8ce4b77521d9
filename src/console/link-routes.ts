/** Pages of links, and of what the brake holds back. */
import type { Hono } from "hono";
import type { ConsoleEnvironment } from "./environment.ts";
import { linkPage } from "./pages/link.tsx";
import { pauseLinkAction, resumeLinkAction, unlinkAction, unlinkPage } from "./pages/link-acts.tsx";
import { createLinkAction, previewLinkPage } from "./pages/link-plan.tsx";
import { linksPage } from "./pages/links.tsx";
import { newLinkPage } from "./pages/new-link.tsx";
import {
  approveAction,
  approvePage,
  discardAction,
  discardPage,
  stagedEffectPage,
} from "./pages/staged-effect.tsx";
import { stagedEffectsPage } from "./pages/staged-effects.tsx";
import { needs } from "./session.ts";

export function linkRoutes(pages: Hono<ConsoleEnvironment>): void {
  pages.get("/links", needs("provision"), linksPage);
  pages.post("/links", needs("provision"), createLinkAction);
  pages.get("/links/new", needs("provision"), newLinkPage);
  pages.get("/links/preview", needs("provision"), previewLinkPage);
  pages.get("/links/:linkId", needs("provision"), linkPage);
  pages.post("/links/:linkId/pause", needs("provision"), pauseLinkAction);
  pages.post("/links/:linkId/resume", needs("provision"), resumeLinkAction);
  pages.get("/links/:linkId/unlink", needs("provision"), unlinkPage);
  pages.post("/links/:linkId/unlink", needs("provision"), unlinkAction);

  pages.get("/staged-effects", needs("read"), stagedEffectsPage);
  pages.get("/staged-effects/:stagedEffectsId", needs("read"), stagedEffectPage);
  pages.get("/staged-effects/:stagedEffectsId/approve", needs("provision"), approvePage);
  pages.post("/staged-effects/:stagedEffectsId/approve", needs("provision"), approveAction);
  pages.get("/staged-effects/:stagedEffectsId/discard", needs("provision"), discardPage);
  pages.post("/staged-effects/:stagedEffectsId/discard", needs("provision"), discardAction);
}
