import { beforeAll, beforeEach } from "vitest";
import { LabUnavailable } from "../lab/holder.ts";

/** Skips a test by name, with the reason; in CI, where nothing may be skipped, fails it. */
export function giveUp(skip: (reason: string) => never, reason: string): never {
  if (process.env.CI) throw new Error(`in CI nothing may be missing: ${reason}`);
  return skip(reason);
}

/**
 * Opens a lab for the tests of a file; call it once, outside of tests. Where this machine allows
 * none, the tests are skipped, each with the reason, and in CI they fail.
 *
 * @returns whether it is open
 */
export function openLab(open: () => Promise<void>): () => boolean {
  let isOpen = false;
  let reason: string | undefined;
  beforeAll(async () => {
    try {
      await open();
      isOpen = true;
    } catch (error) {
      if (!(error instanceof LabUnavailable)) throw error;
      reason = error.message.replaceAll("\n", "; ");
    }
  });
  beforeEach(({ skip }) => {
    if (reason !== undefined) giveUp(skip, reason);
  });
  return () => isOpen;
}
