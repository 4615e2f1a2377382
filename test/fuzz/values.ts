import fc from "fast-check";

// Values for the keys of configurations and results: good ones, nearly good ones, and anything.

const addresses = ["10.0.0.5", "10.0.0.300", "0.0.0.0", "2001:db8::5", "::", "::ffff:10.0.0.1"];
const prefixes = ["", "/24", "/32", "/33", "/0", "/64", "/128", "/129", "/-1", "/08"];

export const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: "binary", maxLength: 5 }),
  fc.constantFrom("", ".", "..", "a/b", "eth0", "x".repeat(200), "\0", "\n"),
);
export const ip = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...addresses) },
  { weight: 1, arbitrary: fc.oneof(fc.ipV4(), fc.ipV6()) },
  { weight: 1, arbitrary: text },
);
export const cidr = fc
  .tuple(ip, fc.constantFrom(...prefixes))
  .map(([address, prefix]) => address + prefix);
export const mac = fc.oneof(
  fc.constantFrom(
    "02:00:00:00:00:05",
    "02-00-00-00-00-05",
    "0200.0000.0005",
    "",
    "00:00:00:00:00:00",
  ),
  fc.constantFrom("01:00:5e:00:00:01", "02:00:00:00:00:05:06:07", "02:00", "zz"),
  text,
);
export const number = fc.oneof(
  fc.constantFrom(0, 1, 67, 68, 1400, 1500, 1501, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 32),
  fc.constantFrom(-1, 1.5, 1e21, -0, 2 ** 53),
  fc.integer(),
);

/** Mostly `good`, at times anything that JSON has. */
export function mostly<T>(good: fc.Arbitrary<T>): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 12, arbitrary: good },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  );
}

/** An object with some of these keys; most of the time a few, so that it may be a good one. */
export function some(keys: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<object> {
  const values = Object.entries(keys).map(([key, value]) => [key, mostly(value)] as const);
  const few = fc
    .subarray(values, { maxLength: Math.min(3, values.length) })
    .chain((chosen) => fc.record(Object.fromEntries(chosen)));
  const many = fc.record(Object.fromEntries(values), { requiredKeys: [] });
  return fc.oneof({ weight: 3, arbitrary: few }, { weight: 1, arbitrary: many });
}

export function list(item: fc.Arbitrary<unknown>): fc.Arbitrary<unknown[]> {
  return fc.array(mostly(item), { maxLength: 3 });
}

export const dns = some({
  nameservers: list(ip),
  domain: text,
  search: list(text),
  options: list(text),
});
export const route = some({
  dst: cidr,
  gw: ip,
  mtu: number,
  advmss: number,
  priority: number,
  table: number,
  scope: number,
});
export const range = some({ subnet: cidr, rangeStart: ip, rangeEnd: ip, gateway: ip });

/** What an IPAM plugin prints, and what a runtime hands on as prevResult. */
export const result = some({
  cniVersion: fc.constantFrom("1.1.0", "1.0.0", "0.4.0", "0.2.0", "0.1.0", "9.9.9"),
  interfaces: list(some({ name: fc.constantFrom("mv0", "eth0"), mac, mtu: number, sandbox: text })),
  ips: list(
    some({ address: cidr, gateway: ip, interface: number, version: fc.constantFrom("4", "6") }),
  ),
  ip4: some({ ip: cidr, gateway: ip, routes: list(route) }),
  ip6: some({ ip: cidr, gateway: ip, routes: list(route) }),
  routes: list(route),
  dns,
});

export const staticIpam = typed("static", {
  addresses: list(addressed({ gateway: ip })),
  routes: list(route),
  dns,
});
export const hostLocalIpam = typed("host-local", {
  ranges: fc.array(fc.array(range, { maxLength: 2 }), { maxLength: 2 }),
  subnet: cidr,
  rangeStart: ip,
  rangeEnd: ip,
  gateway: ip,
  routes: list(route),
  resolvConf: fc.constantFrom("", "/etc/resolv.conf", "/none"),
  dataDir: fc.constantFrom("", "/data", "/data/", "relative", "/etc/passwd", "/opt/../data"),
});

/** `ipam` of a type, at times without it. */
function typed(type: string, keys: Readonly<Record<string, fc.Arbitrary<unknown>>>) {
  const whole = some(keys).map((own) => ({ type, ...own }));
  return fc.oneof({ weight: 9, arbitrary: whole }, { weight: 1, arbitrary: some(keys) });
}

/** A good address, or any, with other keys. */
function addressed(keys: Readonly<Record<string, fc.Arbitrary<unknown>>>) {
  const good = { address: "10.0.0.5/24" };
  return fc.oneof(
    some(keys).map((own) => ({ ...good, ...own })),
    some({ address: cidr, ...keys }),
  );
}

export const config = some({
  cniVersion: fc.constantFrom("1.1.0", "1.0.0", "0.4.0", "0.3.0", "0.1.0", "2.0.0"),
  name: fc.oneof({ weight: 9, arbitrary: fc.constant("net1") }, { weight: 1, arbitrary: text }),
  type: fc.constant("macvlan"),
  master: fc.oneof(
    fc.constantFrom("eth0", "eth0", "eth0", "", "none", "a/b", "e*", "[", "10.0.0.0/8"),
    fc.array(fc.oneof(fc.constantFrom("eth0", "*", "none"), mac, cidr), { maxLength: 3 }),
  ),
  masterUp: fc.boolean(),
  mode: fc.constantFrom("", "bridge", "private", "vepa", "passthru", "source", "Bridge"),
  mtu: number,
  mac,
  linkInContainer: fc.boolean(),
  bcqueuelen: number,
  ipam: fc.oneof(staticIpam, hostLocalIpam, fc.constantFrom({}, { type: "" }, { type: "none" })),
  dns,
  args: some({ cni: some({ ips: list(cidr) }) }),
  runtimeConfig: some({
    mac,
    ips: list(cidr),
    ipRanges: fc.array(fc.array(range, { maxLength: 2 }), { maxLength: 2 }),
  }),
  prevResult: result,
  "cni.dev/valid-attachments": list(some({ containerID: text, ifname: text })),
});

/** A configuration that is whole but for what `keys` brings. */
export function around(keys: fc.Arbitrary<object>): fc.Arbitrary<object> {
  const whole = { cniVersion: "1.1.0", name: "net1", type: "macvlan", master: "eth0" };
  return keys.map((own) => ({ ...whole, ...own }));
}
