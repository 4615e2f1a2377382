import { describe, expect, it } from "vitest";
import { linkNames } from "./kernel.ts";
import { master, useSite } from "./site.ts";

// DEL may end before the kernel has freed the memory of the interface. By then nothing of it may be
// in anybody's way.

const site = useSite();
const rounds = 20;

describe("right after DEL", () => {
  it("the same name with the same MAC address can be created", () => {
    const pod = site.pod();
    const keys = { mac: "02:00:00:00:00:51" };
    for (let i = 0; i < rounds; i++) {
      site.add(pod, keys);
      site.del(pod, keys);
      const link = ["link", master, "address", keys.mac, "type", "macvlan"];
      site.lab.ip("link", "add", "twin", "netns", pod.name, ...link);
      pod.ip("link", "set", "twin", "name", "eth0");
      pod.ip("link", "del", "eth0");
    }
  });

  it("another pod can have the MAC address, and be alone on the master", () => {
    for (let i = 0; i < rounds; i++) {
      const [first, second] = [site.pod(), site.pod()];
      site.add(first, { mac: "02:00:00:00:00:52" });
      site.del(first);
      site.add(second, { mac: "02:00:00:00:00:52" });
      site.del(second);
      site.add(first, { mode: "passthru" });
      site.del(first);
    }
  });

  it("the pod's namespace can be deleted", () => {
    for (let i = 0; i < rounds; i++) {
      const pod = site.pod();
      site.add(pod);
      site.del(pod);
      site.lab.deleteNetns(pod.name);
    }
  });

  it("the master can be deleted", () => {
    for (let i = 0; i < rounds; i++) {
      const pod = site.pod();
      site.lab.addMaster("lan7");
      site.add(pod, { master: "lan7" });
      site.del(pod, { master: "lan7" });
      site.lab.ip("link", "del", "lan7");
    }
  });

  it("nothing is in the pod, whether it waited for the memory or not", () => {
    for (const synchronousDelete of [false, true]) {
      const pod = site.pod();
      site.add(pod, { synchronousDelete });
      site.del(pod, { synchronousDelete });
      expect(linkNames(pod)).toEqual([]);
    }
  });
});
