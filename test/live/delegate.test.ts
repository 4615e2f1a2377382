import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { programDirectory, staticProgram } from "../../lab/paths.ts";
import { FakeIpam, lease, on, printed, staticIpam } from "./ipam.ts";
import { addresses, linkNames, routes } from "./kernel.ts";
import { failure } from "./outcome.ts";
import { type CallOptions, ifname, useSite } from "./site.ts";

const site = useSite();

describe("an IPAM plugin on CNI_PATH", () => {
  it("gives the addresses, gateways and routes", () => {
    const pod = site.pod();
    const fake = new FakeIpam(site);
    const made = site.add(pod, fake.keys, fake.options);
    expect(addresses(pod).map(({ local }) => local)).toEqual(["10.1.0.2", "fd00:1::2"]);
    expect(routes(pod, 4)).toMatchObject([{ dst: "10.9.0.0/16", gateway: "10.1.0.1" }]);
    expect(made).toMatchObject({ ips: lease.ips.map((ip) => ({ ...ip, interface: 0 })) });
  });

  it("gets the same bytes on its standard input", () => {
    const fake = new FakeIpam(site);
    const pod = site.pod();
    const config = `  ${JSON.stringify(site.config({ ...fake.keys, note: "ü\u2028\\/" }))}\n\n`;
    const call = { containerId: "c1", netns: pod.path, ifname, config, ...fake.options };
    expect(site.lab.cni({ ...call, command: "ADD" }).status).toBe(0);
    expect(fake.input("ADD").toString()).toBe(config);
  });

  it("gets the whole environment, with the command in it", () => {
    const fake = new FakeIpam(site);
    const pod = site.pod();
    const env = { TRACEPARENT: "00-ab-cd-01", FOO: "bär = x", EMPTY: "", CNI_NETNS_OVERRIDE: "1" };
    const options = { ...fake.options, env, args: "IgnoreUnknown=1;K8S_POD_NAME=web" };
    site.add(pod, fake.keys, options);
    site.del(pod, fake.keys, options);
    for (const command of ["ADD", "DEL"]) {
      expect(fake.environment(command)).toMatchObject({
        ...env,
        CNI_COMMAND: command,
        CNI_CONTAINERID: "c1",
        CNI_NETNS: pod.path,
        CNI_IFNAME: ifname,
        CNI_PATH: fake.options.path,
        CNI_ARGS: options.args,
      });
    }
  });

  it("runs in the namespace of the host, while the link is there and down", () => {
    const see =
      'ip link show ens5 > "$kept/host"; nsenter --net="$CNI_NETNS" ip link > "$kept/pod"';
    const fake = new FakeIpam(site, [on("ADD", see), printed(lease)]);
    site.add(site.pod(), fake.keys, fake.options);
    expect(site.lab.run(["cat", `${fake.directory}/host`])).toContain("ens5");
    expect(site.lab.run(["cat", `${fake.directory}/pod`])).toMatch(/eth0@.*state DOWN/);
  });

  it("is the first of its name on the path", () => {
    const fake = new FakeIpam(site, [printed(lease)], "static");
    const keys = staticIpam(["10.7.0.2/24"]);
    const first = site.add(site.pod(), keys, { path: `${fake.directory}:${programDirectory}` });
    expect(first.ips?.[0]?.address).toBe("10.1.0.2/24");
    const second = site.add(site.pod(), keys, { path: `${programDirectory}:${fake.directory}` });
    expect(second.ips?.[0]?.address).toBe("10.7.0.2/24");
  });

  it("is looked for past empty and missing directories, and past directories of its name", () => {
    const fake = new FakeIpam(site);
    const wrong = site.directory("wrong");
    mkdirSync(join(wrong, fake.type));
    const path = `:/nowhere:${wrong}:${fake.directory}:`;
    site.add(site.pod(), fake.keys, { path });
  });

  it("may be a symbolic link to our own program: it is the static IPAM then", () => {
    const directory = site.directory("links");
    symlinkSync(staticProgram, join(directory, "static"));
    site.add(site.pod(), staticIpam(["10.1.0.2/24"]), { path: directory });
  });

  it("may answer in another version, known or not said", () => {
    const old = { cniVersion: "0.2.0", ip4: { ip: "10.1.0.2/24" }, dns: {} };
    const silent = { ips: [{ address: "10.1.0.2/24" }] };
    for (const document of [old, silent]) {
      const fake = new FakeIpam(site, [printed(document)]);
      const made = site.add(site.pod(), fake.keys, fake.options);
      expect(made.ips).toEqual([{ interface: 0, address: "10.1.0.2/24" }]);
    }
  });

  it("has its standard error passed on, also when it succeeds", () => {
    const fake = new FakeIpam(site, ['echo "a word of warning" >&2', printed(lease)]);
    const output = site.call("ADD", site.pod(), fake.keys, fake.options);
    expect(output.status).toBe(0);
    expect(output.stderr).toContain("a word of warning\n");
  });
});

/** A broken IPAM: what it does for ADD, and what the message must say. */
const broken: ReadonlyArray<readonly [string, string, RegExp]> = [
  ["crashes with a message", "echo oh no >&2; exit 3", /3/],
  ["crashes without a word", "exit 2", /2/],
  ["is killed", "kill -9 $$", /9|KILL/],
  ["dies of a fault", "kill -11 $$", /11|SEGV/],
  ["prints nothing", "exit 0", /fake/],
  ["prints garbage", "echo 'all is well'", /fake/],
  ["prints garbage and fails", "echo 'all is lost'; exit 1", /1/],
  ["prints two documents", `printf '%s%s' '${JSON.stringify(lease)}' '{}'`, /fake/],
  ["prints half a document", `printf '%s' '{"cniVersion":"1.1.0","ips":['`, /fake/],
  ["prints megabytes", "head -c 30000000 /dev/zero | tr '\\0' ' '", /byte/],
  ["prints without end", "yes", /byte/],
  ["prints an unknown version", `printf '%s' '{"cniVersion":"9.9.9"}'`, /9\.9\.9/],
  ["prints no UTF-8", `printf '{"cniVersion":"\\377"}'`, /fake/],
  ["prints a list", "echo '[]'", /fake/],
  ["prints a broken address", `echo '{"ips":[{"address":"10.1.0.2"}]}'`, /10\.1\.0\.2/],
  ["prints a wrong type", `echo '{"ips":{}}'`, /ips/],
];

describe("a broken IPAM plugin: ADD fails with code 105 and changes nothing, if it", () => {
  it.each(broken)("%s", (_, action, says) => {
    const fake = new FakeIpam(site, [on("ADD", action)]);
    const error = site.refuse(site.pod(), fake.keys, [105], fake.options);
    expect(error.msg).toContain("fake");
    expect(`${error.msg} ${error.details ?? ""}`).toMatch(says);
    expect(fake.calls).toEqual(["ADD", "DEL"]);
  });

  it("is missing", () => {
    const { msg } = site.refuse(site.pod(), { ipam: { type: "absent" } }, [105]);
    expect(msg).toContain("absent");
    expect(msg).toContain(programDirectory);
  });

  it("is not executable", () => {
    const directory = site.script("fake", "exit 0");
    chmodSync(join(directory, "fake"), 0o644);
    const keys = { ipam: { type: "fake" } };
    expect(site.refuse(site.pod(), keys, [105], { path: directory }).msg).toMatch(/fake.*EACCES/);
  });

  it("is no program", () => {
    const directory = site.directory("bin");
    writeFileSync(join(directory, "fake"), "\x7fELF is not all", { mode: 0o755 });
    const keys = { ipam: { type: "fake" } };
    expect(site.refuse(site.pod(), keys, [105], { path: directory }).msg).toContain("fake");
  });

  it("has an interpreter that is missing", () => {
    const directory = site.directory("bin");
    writeFileSync(join(directory, "fake"), "#!/nowhere/sh\n", { mode: 0o755 });
    const keys = { ipam: { type: "fake" } };
    expect(site.refuse(site.pod(), keys, [105], { path: directory }).msg).toMatch(/fake.*ENOENT/);
  });

  it("says why on standard error, which is passed on", () => {
    const fake = new FakeIpam(site, [on("ADD", "echo the disk is full >&2; exit 1")]);
    const output = site.call("ADD", site.pod(), fake.keys, fake.options);
    expect(output.stderr).toContain("the disk is full\n");
    failure(output, 105);
  });
});

describe("an IPAM plugin that prints no address", () => {
  it.each([
    ["an empty result", { cniVersion: "1.1.0" }],
    ["an empty list", { cniVersion: "1.1.0", ips: [] }],
    ["routes only", { cniVersion: "1.1.0", routes: [{ dst: "0.0.0.0/0" }] }],
    ["null", "null"],
  ])("(%s): ADD fails with code 106 and gives the lease back", (_, document) => {
    const fake = new FakeIpam(site, [printed(document)]);
    site.refuse(site.pod(), fake.keys, [106], fake.options);
    expect(fake.calls).toEqual(["ADD", "DEL"]);
  });
});

describe("the error of an IPAM plugin", () => {
  it.each([
    [{ code: 11, msg: "try again", details: "soon" }],
    [{ code: 999, msg: "no IP addresses available in range set: 10.1.0.1-10.1.0.2" }],
    [{ cniVersion: "1.0.0", code: 7, msg: "ü", details: 'with "quotes" and\nlines' }],
  ])("is passed on as it is: %j", (error) => {
    const says = `printf '%s' '${JSON.stringify(error)}'; exit 1`;
    const fake = new FakeIpam(site, [on("ADD", says)]);
    const pod = site.pod();
    const passed = site.unchanged(() =>
      failure(site.call("ADD", pod, fake.keys, fake.options), error.code),
    );
    expect(passed).toMatchObject({ code: error.code, msg: error.msg });
    expect(passed.details).toBe("details" in error ? error.details : undefined);
    expect(fake.calls).toEqual(["ADD", "DEL"]);
  });

  it("of DEL in undoing does not hide the first one", () => {
    const first = `printf '%s' '{"code":77,"msg":"first"}'; exit 1`;
    const second = `printf '%s' '{"code":78,"msg":"second"}'; exit 1`;
    const fake = new FakeIpam(site, [on("ADD", first), on("DEL", second)]);
    const output = site.call("ADD", site.pod(), fake.keys, fake.options);
    expect(failure(output, 77).msg).toBe("first");
    expect(output.stderr).toContain("second");
  });
});

describe("ipam.type", () => {
  it.each(["a/b", "../static", "/bin/true", "..", "."])("%s is refused", (type) => {
    const { msg } = site.refuse(site.pod(), { ipam: { type } }, [2, 7, 105]);
    expect(msg).toContain(type);
  });

  it("macvlan, our own program under its other name, is refused", () => {
    site.refuse(site.pod(), { ipam: { type: "macvlan" } }, [7, 105]);
  });

  it.each([5, true, ["static"], {}])("of a wrong type (%j): code 6", (type) => {
    expect(site.refuse(site.pod(), { ipam: { type } }, [6]).msg).toContain("ipam.type");
  });

  it.each(["static", ["static"], 5])("where ipam itself is %j: code 6", (ipam) => {
    expect(site.refuse(site.pod(), { ipam }, [6]).msg).toContain("ipam");
  });

  it("needs a CNI_PATH to be looked up on", () => {
    const options: CallOptions = { path: "" };
    const keys = staticIpam(["10.1.0.2/24"]);
    expect(site.refuse(site.pod(), keys, [4], options).msg).toContain("CNI_PATH");
  });

  it("that is not there needs no CNI_PATH", () => {
    const pod = site.pod();
    site.add(pod, {}, { path: "" });
    expect(linkNames(pod)).toEqual([ifname]);
  });
});
