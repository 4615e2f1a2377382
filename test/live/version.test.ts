import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CNI_VERSIONS, versionSchema } from "../../host/schema/index.ts";
import { macvlanProgram, staticProgram } from "../../lab/paths.ts";
import { ownFailure } from "./outcome.ts";
import { useSite } from "./site.ts";

const site = useSite();

/** VERSION as libcni asks: dummies in the environment, and a version on standard input. */
function version(config: object | string, program?: string) {
  const dummies = { containerId: "", netns: "dummy", ifname: "dummy", path: "dummy" };
  const call = { command: "VERSION", ...dummies, config };
  const output = site.lab.cni(program === undefined ? call : { ...call, program });
  expect(output).toMatchObject({ status: 0, stderr: "" });
  expect(output.stdout).toMatch(/^\{[^\n]*\}\n$/);
  return versionSchema.parse(output.json);
}

describe("VERSION", () => {
  it.each(["macvlan", "static"])("of %s lists all versions, oldest first", (name) => {
    const answer = version({ cniVersion: "1.1.0" }, name === "static" ? staticProgram : undefined);
    expect(answer).toEqual({ cniVersion: "1.1.0", supportedVersions: [...CNI_VERSIONS] });
  });

  it.each([
    ["another version", '{"cniVersion":"0.4.0"}'],
    ["nothing", ""],
    ["no JSON", "{"],
  ])("says 1.1.0 whatever its input is: %s", (_, input) => {
    expect(version(input).cniVersion).toBe("1.1.0");
  });

  it("does not wait for an input that a runtime leaves open", () => {
    const pipe = join(site.directory("pipe"), "open");
    const script = 'mkfifo "$0" && exec 3<>"$0" && exec timeout 10 "$@" <&3';
    const command = ["env", "-i", "CNI_COMMAND=VERSION", macvlanProgram];
    const output = site.lab.exec(["sh", "-c", script, pipe, ...command]);
    expect(output.status).toBe(0);
    versionSchema.parse(JSON.parse(output.stdout));
  });

  it("needs nothing of the environment but the command", () => {
    const output = site.lab.exec(["env", "-i", "CNI_COMMAND=VERSION", staticProgram]);
    expect(versionSchema.parse(JSON.parse(output.stdout)).cniVersion).toBe("1.1.0");
  });
});

describe("called without CNI_COMMAND", () => {
  it.each(["macvlan", "static"])("%s says on standard error what it is", (name) => {
    const program = name === "static" ? staticProgram : macvlanProgram;
    const output = site.lab.cni({ program });
    expect(output).toMatchObject({ status: 0, stdout: "" });
    expect(output.stderr).toBe(
      `CNI ${name} plugin ${/plugin (.*)/.exec(output.stderr)?.[1]}\n` +
        `CNI protocol versions supported: ${CNI_VERSIONS.join(", ")}\n`,
    );
  });

  it("does the same for an empty one", () => {
    expect(site.lab.cni({ command: "" })).toMatchObject({ status: 0, stdout: "" });
  });
});

describe("an unknown command", () => {
  it.each(["add", "FOO", "ADD ", "VERSIONS"])('"%s" is refused with code 4', (command) => {
    const error = ownFailure(site.call(command, site.pod()), 4);
    expect(error.msg).toContain(command);
  });
});

describe("the version of the configuration", () => {
  it.each([
    ["STATUS", "abc", 6],
    ["STATUS", "1.2.3.4", 6],
    ["STATUS", "1.2.0", 1],
    ["STATUS", "1.1", 1],
    ["STATUS", "1.0.0", 1],
    ["GC", "0.4.0", 1],
    ["GC", "2.0.0", 1],
    ["CHECK", "0.3.1", 1],
    ["CHECK", "2.0.0", 1],
    ["CHECK", "1.0.5", 1],
    ["CHECK", "x.y", 6],
    ["DEL", "9.9.9", 1],
    ["DEL", "1.1.0 ", 1],
  ])("%s refuses %j with code %i", (command, cniVersion, code) => {
    const output = site.call(command, site.pod(), { cniVersion, prevResult: {} });
    const { msg, details } = ownFailure(output, code);
    const text = `${msg} ${details ?? ""}`;
    expect(text.includes(cniVersion) || text.includes(`does not allow ${command}`)).toBe(true);
  });

  it("is echoed in an error where we speak it", () => {
    const output = site.call("ADD", site.pod(), { cniVersion: "0.4.0", mode: "none" });
    expect(ownFailure(output, 2).cniVersion).toBe("0.4.0");
  });
});
