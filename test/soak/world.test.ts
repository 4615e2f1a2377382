import { describe, expect, it } from "vitest";
import { programDirectory } from "../../lab/paths.ts";
import { World } from "../../soak/world.ts";
import { link } from "../live/kernel.ts";
import { needs, useSite } from "../live/site.ts";

// For its judgement whether this machine allows a lab: a world has one of its own.
useSite();

describe("the world of the soak", () => {
  needs("ping");

  it("knows who answers for an address", async () => {
    const world = await World.open(programDirectory, 4);
    await using _lab = world.lab;
    const pod = world.lab.addNetns("pod");
    world.lab.ip("link", "add", "x", "netns", pod.name, "link", "ens5", "type", "macvlan");
    pod.ip("addr", "add", "10.9.0.10/16", "dev", "x");
    pod.ip("addr", "add", "fd00:9::a/64", "dev", "x", "nodad");
    pod.ip("link", "set", "x", "up");
    for (const address of ["10.9.0.10", "fd00:9::a"])
      expect(await world.whoHas(address)).toBe(link(pod, "x").address);
    expect(await world.whoHas("10.9.0.11")).toContain("100% packet loss");
  });
});
