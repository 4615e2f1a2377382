import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { programDirectory, root } from "../../lab/paths.ts";
import { needs, useSite } from "../live/site.ts";

// Whether this machine allows a lab, and directories: the soak opens labs of its own.
const site = useSite();

function soak(programs: string) {
  const words = ["--seconds", "2", "--workers", "4", "--seed", "7", "--programs", programs];
  const argv = [join(root, "build/soak/main.mjs"), ...words];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8" });
  expect(stderr).toBe("");
  return { status, stdout };
}

/** A plugin that does what it should, and `more` after a command. */
function faulty(command: string, more: string): string {
  return site.script(
    "macvlan",
    `config=$(cat); export CNI_PATH=${programDirectory}`,
    `printf %s "$config" | ${programDirectory}/macvlan; status=$?`,
    `leases=$(printf %s "$config" | sed 's/.*"dataDir":"\\([^"]*\\)".*/\\1/')/soak`,
    `if [ $CNI_COMMAND = ${command} ]; then`,
    more,
    "fi",
    "exit $status",
  );
}

describe("the soak", () => {
  needs("ping");

  it("finds nothing, and says what it has done", () => {
    const { status, stdout } = soak(programDirectory);
    expect(stdout).toMatch(/^seed 7: 4 workers, 2 addresses of each family\nbuild\/bin:\n/);
    expect(stdout).toMatch(/^ {2}[1-9]\d* rounds in [\d.]+ s, [\d.]+ a second$/m);
    expect(stdout).toMatch(/^ {2}[1-9]\d* containers with an IPv4 address, /m);
    expect(stdout).toMatch(/^ {2}no address twice, nothing left\n$/m);
    expect(status).toBe(0);
  });

  it.each([
    ["a lease that is left", "DEL", 'echo c1 >"$leases/10.9.9.9"', /FAULT: left: soak\/10.9.9.9$/m],
    ["another file", "GC", 'echo c1 >"$leases/more"', /FAULT: left: soak\/more$/m],
    ["a process that is left", "GC", "sleep 60 >/dev/null 2>&1 &", /FAULT: left: processes: /],
    [
      "a route that is left",
      "GC",
      "ip route add 10.1.0.0/16 dev ens5",
      /FAULT: left: \+ the lab: /,
    ],
    ["an answer to DEL", "DEL", "echo '{}'", /FAULT: DEL of pod\S+ failed: .*, stdout "{} "/],
    ["a second document", "ADD", "echo '{}'", /FAULT: ADD of pod\S+ failed: /],
  ])("finds %s", (_, command, more, fault) => {
    const { status, stdout } = soak(faulty(command, more));
    expect(stdout).toMatch(fault);
    expect(stdout).not.toContain("nothing left");
    expect(status).toBe(1);
  });
});

it("says what it cannot do", () => {
  const argv = [join(root, "build/soak/main.mjs"), "--workers", "0"];
  const { status, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8" });
  expect(stderr).toContain("--workers 0: must be a whole number from 1 to 1000");
  expect(status).toBe(1);
});
