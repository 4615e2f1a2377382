import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { linkNames } from "../live/kernel.ts";
import { silent } from "../live/outcome.ts";
import { type Config, useSite } from "../live/site.ts";
import { examples, macvlansOf } from "./samples.ts";

const site = useSite();

/** What a runtime asks for where an example lets it, by `ipam.type`. */
const requests: Readonly<Record<string, object>> = {
  // What Multus makes of the annotation in examples/multus/lan.yaml.
  static: { ips: ["192.0.2.11/24", "2001:db8::11/64"] },
  "host-local": { ips: ["192.0.2.150"] },
};

function typeOf({ ipam }: Config): string | undefined {
  return (ipam as Config | undefined)?.type as string | undefined;
}

/** The examples that need no other plugin, as the plugin gets them on standard input. */
const configs = examples.flatMap(([path, list]) => {
  const { name, cniVersion } = list as Config;
  return macvlansOf(list)
    .map((macvlan): Config => ({ ...macvlan, name, cniVersion }))
    .map((config) => ({ path, type: typeOf(config), config }))
    .filter(({ type }) => type === undefined || type in requests);
});

/** A configuration as the runtime completes it; the leases lie in a directory of the test. */
function complete(config: Config, dataDir: string): Config {
  const type = typeOf(config);
  if (type === undefined) return config;
  const ipam = type === "host-local" ? { ...(config.ipam as object), dataDir } : config.ipam;
  const runtimeConfig = config.capabilities === undefined ? {} : requests[type];
  return { ...config, ipam, runtimeConfig };
}

function leases(dataDir: string): string[] {
  const files = readdirSync(dataDir, { recursive: true, withFileTypes: true });
  return files.filter((file) => file.isFile() && /^[\d:]/.test(file.name)).map(({ name }) => name);
}

describe("an example works on the kernel:", () => {
  test("there are examples", () => expect(configs.length).toBeGreaterThan(9));

  test.each(configs)("$path", ({ config: example, type }) => {
    const pod = site.pod();
    const dataDir = site.directory("leases");
    const config = complete(example, dataDir);
    const { master } = config;
    if (master !== "ens5") site.lab.addMaster(`${master}`, { mtu: 9000 });
    const prevResult = site.add(pod, config);
    if (config.cniVersion === "1.1.0") expect(prevResult.interfaces?.[0]?.mtu).toBeGreaterThan(0);
    const reserved = type === "host-local" ? prevResult.ips?.length : 0;
    expect(leases(dataDir)).toHaveLength(reserved ?? 0);
    if (config.cniVersion === "1.1.0") silent(site.call("STATUS", pod, config));
    site.check(pod, { ...config, prevResult });
    site.del(pod, { ...config, prevResult });
    expect(linkNames(pod)).toEqual([]);
    expect(leases(dataDir)).toEqual([]);
  });
});
