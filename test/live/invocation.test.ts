import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { macvlanProgram, programDirectory } from "../../lab/paths.ts";
import { staticIpam } from "./ipam.ts";
import { addresses, linkNames } from "./kernel.ts";
import { ifname, useSite } from "./site.ts";

const site = useSite();
const ipam = staticIpam(["10.1.0.2/24"]);

describe("the executable works", () => {
  it.each(["/", "/proc", "/usr"])("in the directory %s", (cwd) => {
    site.add(site.pod(), ipam, { cwd });
  });

  it("in a directory that is gone", () => {
    const pod = site.pod();
    const gone = site.directory("gone");
    const shell = 'cd "$0" && rmdir "$0" && exec "$@"';
    const variables = ["CNI_COMMAND=VERSION", macvlanProgram];
    const output = site.lab.exec(["sh", "-c", shell, gone, "env", ...variables]);
    expect(output).toMatchObject({ status: 0 });
    expect(linkNames(pod)).toEqual([]);
  });

  it("by a relative path", () => {
    const program = "./macvlan";
    const pod = site.pod();
    site.add(pod, ipam, { program, cwd: programDirectory });
    site.del(pod, ipam, { program, cwd: programDirectory });
  });

  it("through symbolic links, as packages install it", () => {
    const directory = site.directory("opt");
    mkdirSync(join(directory, "bin"));
    symlinkSync(macvlanProgram, join(directory, "real"));
    for (const name of ["macvlan", "static"]) symlinkSync("../real", join(directory, "bin", name));
    const pod = site.pod();
    const options = { program: join(directory, "bin/macvlan"), path: join(directory, "bin") };
    site.add(pod, ipam, options);
    expect(addresses(pod).map(({ local }) => local)).toEqual(["10.1.0.2"]);
    site.del(pod, ipam, options);
  });

  it("with an environment that holds nothing else, not even PATH", () => {
    const pod = site.pod();
    const options = { env: { PATH: undefined } };
    const prevResult = site.add(pod, ipam, options);
    site.check(pod, { ...ipam, prevResult }, options);
    site.del(pod, ipam, options);
  });

  it("with descriptors of the runtime's open, and a umask", () => {
    const pod = site.pod();
    const call = { command: "ADD", containerId: "c1", netns: pod.path, ifname };
    const variables = Object.entries({
      CNI_COMMAND: call.command,
      CNI_CONTAINERID: call.containerId,
      CNI_NETNS: call.netns,
      CNI_IFNAME: call.ifname,
      CNI_PATH: programDirectory,
    }).map(([name, value]) => `${name}=${value}`);
    const shell = 'umask 777; exec 5</dev/null 9</dev/null; exec "$@"';
    const argv = ["sh", "-c", shell, "sh", "env", "-i", ...variables, macvlanProgram];
    const output = site.lab.exec(argv, { input: JSON.stringify(site.config(ipam)) });
    expect(output).toMatchObject({ status: 0, stderr: "" });
  });
});

describe("at the same time", () => {
  it("ADD and DEL for many containers on one master all succeed", async () => {
    const pods = Array.from({ length: 6 }, () => site.pod());
    const calls = pods.map((pod, i) => ({
      containerId: `c${i}`,
      netns: pod.path,
      ifname,
      config: site.config(staticIpam([`10.1.0.${i + 2}/24`, `fd00:1::${i + 2}/64`])),
    }));
    const all = (command: string) =>
      Promise.all(calls.map((call) => site.lab.cniStart({ ...call, command })));
    for (const output of await all("ADD")) expect(output).toMatchObject({ status: 0, stderr: "" });
    for (const pod of pods) expect(addresses(pod)).toHaveLength(2);
    for (const output of await all("DEL")) expect(output).toMatchObject({ status: 0, stdout: "" });
    for (const pod of pods) expect(linkNames(pod)).toEqual([]);
  });
});
