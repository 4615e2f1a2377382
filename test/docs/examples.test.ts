import { describe, expect, test } from "vitest";
import { linkNames } from "../live/kernel.ts";
import { type Config, useSite } from "../live/site.ts";
import { examples, macvlansOf } from "./samples.ts";

const site = useSite();

/** What Multus makes of the annotation in examples/multus/lan.yaml. */
const runtimeConfig = { ips: ["192.0.2.11/24", "2001:db8::11/64"] };

/** The examples that need no other plugin, as the plugin gets them on standard input. */
const configs = examples.flatMap(([path, list]) => {
  const { name, cniVersion } = list as Config;
  return macvlansOf(list)
    .map((macvlan): Config => ({ ...macvlan, name, cniVersion }))
    .filter(({ ipam }) => ipam === undefined || (ipam as Config).type === "static")
    .map((config) => ({
      path,
      config: config.capabilities === undefined ? config : { ...config, runtimeConfig },
    }));
});

describe("an example works on the kernel:", () => {
  test("there are examples", () => expect(configs.length).toBeGreaterThan(5));

  test.each(configs)("$path", ({ config }) => {
    const pod = site.pod();
    const { master } = config;
    if (master !== "ens5") site.lab.addMaster(`${master}`, { mtu: 9000 });
    const prevResult = site.add(pod, config);
    if (config.cniVersion === "1.1.0") expect(prevResult.interfaces?.[0]?.mtu).toBeGreaterThan(0);
    site.check(pod, { ...config, prevResult });
    site.del(pod, { ...config, prevResult });
    expect(linkNames(pod)).toEqual([]);
  });
});
