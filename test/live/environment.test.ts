import { describe, expect, it } from "vitest";
import { staticIpam } from "./ipam.ts";
import { linkNames } from "./kernel.ts";
import { ownFailure, silent } from "./outcome.ts";
import { frozen, ifname, useSite } from "./site.ts";

const site = useSite();
const complete = { containerId: "c1", netns: "/run/netns/none", ifname };

describe("a variable that is missing is named, with all others that are:", () => {
  it.each([
    ["ADD", {}, ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"]],
    ["ADD", { ...complete, containerId: "" }, ["CNI_CONTAINERID"]],
    ["ADD", { ...complete, netns: "" }, ["CNI_NETNS"]],
    ["ADD", { ...complete, ifname: "" }, ["CNI_IFNAME"]],
    ["DEL", {}, ["CNI_CONTAINERID", "CNI_IFNAME"]],
    ["CHECK", {}, ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"]],
  ])("%s with %j", (command, given, missing) => {
    const output = site.lab.cni({ command, ...given, config: site.config() });
    expect(ownFailure(output, 4).msg).toContain(`[${missing.join(",")}]`);
  });

  it.each(["GC", "STATUS", "VERSION"])("%s needs none of them", (command) => {
    expect(site.lab.cni({ command, config: site.config() }).status).toBe(0);
  });
});

describe("CNI_CONTAINERID", () => {
  frozen(site);

  it.each(["-x", ".x", "_x", "a/b", "../a", "a b", "a\n", "ä", "a:b", "a$b", "a%", "a;b"])(
    "%j is refused with code 4",
    (containerId) => {
      const error = site.fail(site.pod(), {}, [4], { containerId });
      expect(error.msg).toContain("containerID");
      expect(error.details).toBe(containerId);
    },
  );

  it.each(["0", "A", "a.b_c-d", "x".repeat(300), "..".padStart(3, "a")])("%s is fine", (id) => {
    site.add(site.pod(), {}, { containerId: id });
  });

  it("that is bad is reported before others that are missing", () => {
    const output = site.lab.cni({ command: "ADD", containerId: "-x", config: site.config() });
    expect(ownFailure(output, 4).details).toBe("-x");
  });
});

describe("CNI_IFNAME", () => {
  frozen(site);

  it.each([
    "abcdefghijklmnop",
    "ääääääää",
    ".",
    "..",
    "a/b",
    "/",
    "a:b",
    "a b",
    "a\tb",
    "a\nb",
    "a\u00a0b",
    "a\u0085b",
    "a\u2003b",
    "a\u3000b",
    "a\u1680b",
    "eth%d",
    "../../x",
  ])("%j is refused with code 4", (name) => {
    expect(site.fail(site.pod(), {}, [4], { ifname: name }).msg).toContain("interface name");
  });

  it.each(["lo", "all", "default"])("%s never changes what is there", (name) => {
    const pod = site.pod();
    const output = site.call("ADD", pod, {}, { ifname: name });
    if (output.status === 0) {
      expect(linkNames(pod)).toEqual([name]);
      site.del(pod, {}, { ifname: name });
    } else ownFailure(output, 4, 101, 102);
    expect(linkNames(pod)).toEqual([]);
  });
});

describe("CNI_ARGS", () => {
  frozen(site);

  it.each([
    ["MAC", "pair"],
    ["MAC=02:00:00:00:00:01;", "pair"],
    [";", "pair"],
    ["a=b=c", "pair"],
    ["FOO=bar", "FOO=bar"],
    ["FOO=bar;K=v", "K=v"],
    ["IgnoreUnknown=no;FOO=bar", "IgnoreUnknown"],
    ["ignoreunknown=1;FOO=bar", "FOO=bar"],
    ["mac=02:00:00:00:00:01", "mac="],
    ["IgnoreUnknown=0;FOO=bar", "FOO=bar"],
  ])("%j is refused with code 4", (args, says) => {
    expect(site.fail(site.pod(), {}, [4], { args }).msg).toContain(says);
  });

  it.each(["", "IgnoreUnknown=1", "IgnoreUnknown=true;FOO=", "FOO=bar;IgnoreUnknown=TRUE"])(
    "%j is fine",
    (args) => void site.add(site.pod(), {}, { args }),
  );

  it("of Kubernetes is fine at every command", () => {
    const pod = site.pod();
    const args = "IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web;K8S_POD_UID=1-2";
    const ipam = staticIpam(["10.1.0.2/24"]);
    const prevResult = site.add(pod, ipam, { args });
    site.check(pod, { ...ipam, prevResult }, { args });
    site.del(pod, { ...ipam, prevResult }, { args });
  });

  it("that ADD would refuse does not keep DEL from its work", () => {
    const pod = site.pod();
    site.add(pod);
    site.call("DEL", pod, {}, { args: "FOO=bar;;" });
    expect(linkNames(pod)).toEqual([]);
  });
});

describe("the network's name", () => {
  frozen(site);

  it.each([
    ["missing", undefined],
    ["null", null],
    ["empty", ""],
  ])("that is %s is refused with code 7", (_, name) => {
    expect(site.fail(site.pod(), { name }, [7]).msg).toContain("missing network name");
  });

  it.each(["a/b", "../a", "-a", "a b", "ä", "a\n", "."])("%j is refused with code 7", (name) => {
    const error = site.fail(site.pod(), { name }, [7]);
    expect(error.msg).toContain("network name");
    expect(error.details).toBe(name);
  });

  it("is needed by every command but VERSION", () => {
    const pod = site.pod();
    for (const command of ["ADD", "DEL", "CHECK", "GC", "STATUS"])
      ownFailure(site.call(command, pod, { name: "" }), 7);
  });
});

describe("variables of the environment that are no concern of ours", () => {
  it("change nothing", () => {
    const env = { NODE_OPTIONS: undefined, LANG: "de_DE.UTF-8", HOME: "/nowhere", TMPDIR: "/no" };
    silent(site.lab.cni({ command: "STATUS", config: site.config(), env }));
  });
});
