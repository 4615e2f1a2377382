import { describe, expect, it } from "vitest";
import { FakeIpam, on } from "./ipam.ts";
import { failure, ownFailure, silent } from "./outcome.ts";
import { type Config, ifname, useSite } from "./site.ts";

const site = useSite();

/** GC as libcni asks: with no container. */
function gc(keys: Config, path?: string) {
  const empty = { containerId: "", netns: "", ifname: "", args: "" };
  const config = site.config(keys);
  return site.lab.cni({ command: "GC", config, ...empty, ...(path === undefined ? {} : { path }) });
}

const attachments = [{ containerID: "c1", ifname }];

describe("GC", () => {
  it("is forwarded to IPAM with the same input", () => {
    const fake = new FakeIpam(site);
    const keys = { ...fake.keys, "cni.dev/valid-attachments": attachments };
    silent(gc(keys, fake.options.path));
    expect(fake.calls).toEqual(["GC"]);
    expect(JSON.parse(fake.input("GC").toString())).toEqual(site.config(keys));
  });

  it.each([
    ["null", { "cni.dev/valid-attachments": null }],
    ["empty", { "cni.dev/valid-attachments": [] }],
    ["missing", {}],
    ["of the legacy key", { "cni.dev/attachments": attachments }],
  ])("succeeds with attachments that are %s", (_, keys) => {
    const pod = site.pod();
    site.add(pod);
    site.unchanged(() => {
      silent(gc(keys));
      silent(gc({ ...keys, ipam: { type: "static", addresses: [] } }));
    });
  });

  it("does not need the master", () => silent(gc({ master: "gone" })));

  it("passes on the error of IPAM", () => {
    const error = { code: 99, msg: "disk is full", details: "/var" };
    const fake = new FakeIpam(site, [on("GC", `printf '%s' '${JSON.stringify(error)}'; exit 1`)]);
    expect(failure(gc(fake.keys, fake.options.path), 99)).toMatchObject(error);
  });

  it("says so where IPAM is missing", () => {
    expect(ownFailure(gc({ ipam: { type: "absent" } }), 105).msg).toContain("absent");
  });

  it.each(["0.4.0", "1.0.0"])("is refused at version %s, which has no GC", (cniVersion) => {
    expect(ownFailure(gc({ cniVersion }), 1).msg).toContain("GC");
  });
});
