import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { staticIpam } from "./ipam.ts";
import { linkNames } from "./kernel.ts";
import { ownFailure } from "./outcome.ts";
import { ifname, master, useSite } from "./site.ts";

const site = useSite();
const own = "/proc/self/ns/net";

describe("CNI_NETNS that is the plugin's own namespace", () => {
  it("is refused at ADD with code 8, before anything is changed", () => {
    const error = site.refuse(site.pod(), {}, [8], { netns: own });
    expect(`${error.msg} ${error.details}`).toContain(own);
  });

  it("is refused at DEL with code 8, and the link stays", () => {
    site.lab.ip("link", "add", ifname, "link", master, "type", "macvlan", "mode", "bridge");
    const pod = site.pod();
    site.unchanged(() => ownFailure(site.call("DEL", pod, {}, { netns: own }), 8));
    expect(linkNames(site.lab)).toContain(ifname);
  });

  it("by another path to it is refused too", () => {
    const path = join(site.directory("netns"), "host");
    symlinkSync(site.lab.path, path);
    site.refuse(site.pod(), {}, [8], { netns: path });
  });

  it.each(["1", "true", "TRUE", "True"])("is taken with CNI_NETNS_OVERRIDE=%s", (override) => {
    const options = { netns: own, env: { CNI_NETNS_OVERRIDE: override } };
    const pod = site.pod();
    const made = site.add(pod, staticIpam(["10.1.0.2/24"]), options);
    expect(made.interfaces?.[0]?.sandbox).toBe(own);
    expect(linkNames(site.lab)).toContain(ifname);
    site.del(pod, {}, options);
    expect(linkNames(site.lab)).not.toContain(ifname);
  });

  it.each(["0", "yes", "false", " 1"])("is refused with CNI_NETNS_OVERRIDE=%j", (override) => {
    site.refuse(site.pod(), {}, [8], { netns: own, env: { CNI_NETNS_OVERRIDE: override } });
  });
});

describe("CNI_NETNS that is no network namespace is refused at ADD with code 4:", () => {
  it("a path that is missing", () => {
    const { msg } = site.refuse(site.pod(), {}, [4], { netns: "/run/netns/gone" });
    expect(msg).toContain("/run/netns/gone");
    expect(msg).toContain("ENOENT");
  });

  it("a plain file", () => {
    const path = join(site.directory("netns"), "file");
    writeFileSync(path, "");
    expect(site.refuse(site.pod(), {}, [4], { netns: path }).msg).toContain(path);
  });

  it("a directory", () => {
    const path = join(site.directory("netns"), "directory");
    mkdirSync(path);
    expect(site.refuse(site.pod(), {}, [4], { netns: path }).msg).toContain(path);
  });

  it.each(["/proc/self/ns/mnt", "/proc/self/status", "/dev/null", "/proc/self/ns"])(
    "%s",
    (path) => {
      expect(site.refuse(site.pod(), {}, [4], { netns: path }).msg).toContain(path);
    },
  );

  it("a named pipe, which nobody writes to", () => {
    const path = join(site.directory("netns"), "pipe");
    site.lab.run(["mkfifo", path]);
    expect(site.refuse(site.pod(), {}, [4], { netns: path }).msg).toContain(path);
  });

  it("a symbolic link that leads nowhere, or to itself", () => {
    const directory = site.directory("netns");
    symlinkSync("/nowhere", join(directory, "nowhere"));
    symlinkSync("loop", join(directory, "loop"));
    for (const name of ["nowhere", "loop"])
      site.refuse(site.pod(), {}, [4], { netns: join(directory, name) });
  });

  it("a path longer than any may be", () => {
    site.refuse(site.pod(), {}, [4], { netns: `/${"x".repeat(5000)}` });
  });
});

describe("CNI_NETNS", () => {
  it("may be any path to the namespace: it is reported as it was given", () => {
    const pod = site.pod();
    const path = join(site.directory("netns"), "a name, with ünusual characters");
    symlinkSync(`/proc/${process.pid}/ns/net`, path);
    const odd = `/run/netns/../netns//${pod.name}`;
    expect(site.add(pod, {}, { netns: odd }).interfaces?.[0]?.sandbox).toBe(odd);
    expect(linkNames(pod)).toEqual([ifname]);
  });

  it("may be that of a process", () => {
    const pod = site.pod();
    const sleeper = pod.start(["sleep", "60"]);
    const path = `/proc/${sleeper.pid}/ns/net`;
    pod.run(["sh", "-c", `until [ "$(readlink ${path})" = "$(readlink ${own})" ]; do :; done`]);
    expect(site.add(pod, {}, { netns: path }).interfaces?.[0]?.sandbox).toBe(path);
    expect(linkNames(pod)).toEqual([ifname]);
    return sleeper.stop();
  });
});
