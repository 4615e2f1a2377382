import type { Netns } from "../../lab/netns.ts";

/** What was seen, flat: `pod.link.mv0.mtu` -> 1500. The unit of comparison. */
export type Facts = Map<string, Scalar>;
export type Scalar = string | number | boolean | null;

type Item = Record<string, unknown>;

// Each line of a batch is answered with a JSON array on a line of its own. Few processes, because
// it runs some thousand times. grep -Z: the file's name, a NUL byte, a line of its content.
const script = `
  ip -j -d -batch - <<END
link show
addr show
route show table all
rule show
END
  ip -6 -j -d -batch - <<END
route show table all
rule show
END
  cd /proc/sys/net && grep -rsZ . ipv4/conf ipv4/neigh ipv6/conf ipv6/neigh
  cd /run && [ ! -d leases ] || grep -rsZ . leases
`;
const listings = ["link", "addr", "route4", "rule4", "route6", "rule6"] as const;

/**
 * The kernel state of a namespace: links, addresses, routes of all tables, rules, the sysctls of
 * its interfaces; and the leases below /run/leases. Waits until no address
 * waits for duplicate address detection: only settled states can be equal.
 */
export async function observe(netns: Netns): Promise<Facts> {
  for (let tries = 0; ; tries++) {
    const { status, stdout, stderr } = await netns.start(["sh", "-c", script]).done;
    if (status !== 0) throw new Error(`cannot observe ${netns.name || "the lab"}: ${stderr}`);
    const lines = stdout.trimEnd().split("\n");
    const lists = lines.splice(0, listings.length).map((line) => JSON.parse(line) as Item[]);
    if (isSettled(lists[1] ?? []) || tries === 100) return collect(lists, lines);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function isSettled(links: readonly Item[]): boolean {
  const addresses = links.flatMap((link) => link.addr_info as Item[]);
  return !addresses.some((info) => info.tentative === true && info.dadfailed !== true);
}

function collect(lists: readonly Item[][], files: readonly string[]): Facts {
  const facts: Facts = new Map();
  listings.forEach((listing, index) => {
    for (const item of lists[index] ?? []) {
      if (listing === "addr") addAddresses(facts, item);
      else flatten(facts, `${listing}.${keyOf(listing, item)}`, item);
    }
  });
  for (const line of files) {
    const [name, content = ""] = line.split("\0");
    facts.set(`file.${name}`, content);
  }
  return facts;
}

function addAddresses(facts: Facts, link: Item): void {
  // Their order counts: the first of a family is the source address of what the pod sends.
  (link.addr_info as Item[]).forEach((info, index) => {
    flatten(facts, `addr.${link.ifname} ${info.local}/${info.prefixlen}`, { ...info, index });
  });
}

const keys = {
  link: ["ifname"],
  route: ["type", "dst", "gateway", "dev", "table", "metric"],
  rule: ["priority", "src", "table"],
};

function keyOf(listing: string, item: Item): string {
  const words = keys[listing.replace(/\d/, "") as keyof typeof keys];
  return words.flatMap((word) => (word in item ? `${item[word]}` : [])).join(" ");
}

/** Adds a JSON value below a prefix, a fact for each scalar in it. */
export function flatten(facts: Facts, prefix: string, value: unknown): void {
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      flatten(facts, `${prefix}[${index}]`, item);
    });
    facts.set(`${prefix}.length`, value.length);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) flatten(facts, `${prefix}.${key}`, item);
    if (Object.keys(value).length === 0) facts.set(prefix, "{}");
  } else if (value !== undefined) {
    facts.set(prefix, value as Scalar);
  }
}
