import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { beforeEach } from "vitest";
import { giveUp } from "../prerequisites.ts";

/** Where Debian's package containernetworking-plugins puts the reference plugins. */
export const referenceDirectory = "/usr/lib/cni";

/** What a test needs besides the lab: the program, and the Debian package that has it. */
const packages = {
  [`${referenceDirectory}/macvlan`]: "containernetworking-plugins",
  [`${referenceDirectory}/host-local`]: "containernetworking-plugins",
  [`${referenceDirectory}/static`]: "containernetworking-plugins",
  [`${referenceDirectory}/dhcp`]: "containernetworking-plugins",
  [`${referenceDirectory}/sbr`]: "containernetworking-plugins",
  podman: "podman",
  runc: "runc",
  busybox: "busybox-static",
  dnsmasq: "dnsmasq-base",
  ip: "iproute2",
} as const;

/**
 * Skips each test of this file by name, with the reason, where a program is missing, or where we
 * are not root. With CI=true the tests fail instead.
 *
 * @returns whether the tests can run, for what prepares them
 */
export function requirePrograms(programs: ReadonlyArray<keyof typeof packages>): boolean {
  const reason = missing(programs);
  beforeEach(({ skip }) => {
    if (reason !== undefined) giveUp(skip, reason);
  });
  return reason === undefined;
}

/** Why the tests cannot run here; undefined where they can. */
function missing(programs: ReadonlyArray<keyof typeof packages>): string | undefined {
  if (process.geteuid?.() !== 0) return "needs root";
  for (const program of programs) {
    if (!isInstalled(program)) {
      const remedy = `on Debian and Ubuntu: apt-get install ${packages[program]}`;
      return `${program} is not installed; ${remedy}`;
    }
  }
  const { status, stderr } = spawnSync("unshare", ["--net", "--mount", "true"]);
  return status === 0 ? undefined : `cannot make namespaces: ${stderr ?? "no unshare(1)"}`;
}

function isInstalled(program: string): boolean {
  const directories = (process.env.PATH ?? "").split(delimiter);
  const places = program.startsWith("/")
    ? [program]
    : [...directories, "/usr/sbin", "/usr/bin", "/sbin", "/bin"].map((path) => join(path, program));
  return places.some((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
