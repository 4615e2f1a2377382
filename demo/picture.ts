import type { IpAddress, IpLink } from "../lab/iproute2.ts";
import type { Netns } from "../lab/netns.ts";

/** A drawing of boxes, line by line. */
type Drawing = readonly string[];

/**
 * Draws pods, master and router as the kernel has them now: names, kinds, addresses, and which link
 * hangs on which.
 *
 * @throws Error where the links do not hang together as the drawing would claim
 */
export function picture(host: Netns, master: string, pods: readonly Netns[], far: Netns): string[] {
  const masterLink = link(host, master);
  const podBoxes = pods.map((pod) => {
    const found = pod.ipJson<IpLink>("link", "show", "type", "macvlan")[0];
    if (!found) throw new Error(`${pod.name} has no macvlan`);
    if (found.link_index !== masterLink.ifindex)
      throw new Error(`the macvlan in ${pod.name} is not on ${master}`);
    return box([pod.name, ...describe(pod, found.ifname)], "─", "┬");
  });
  const farLink = far.ipJson<IpLink>("link", "show", "type", "veth")[0];
  if (farLink?.link_index !== masterLink.ifindex)
    throw new Error(`${far.name} is not at the other end of ${master}`);
  const upper = beside(podBoxes);
  const width = upper[0]?.length ?? 0;
  return [
    ...upper,
    join(podBoxes.map((lines) => lines[0]?.length ?? 0)),
    ...centre(box(["the host", ...describe(host, master)], "┴", "┬"), width),
    ...centre(["│ the cable: a veth pair"], width, 1),
    ...centre(box([far.name, ...describe(far, farLink.ifname)], "┴", "─"), width),
  ];
}

function link(netns: Netns, name: string): IpLink {
  const found = netns.ipJson<IpLink>("link", "show", "dev", name)[0];
  if (!found) throw new Error(`no link ${name}`);
  return found;
}

/** Name, kind, hardware address and addresses of a link, a line each. */
function describe(netns: Netns, name: string): string[] {
  const { linkinfo } = link(netns, name);
  const { address, addr_info } = netns.ipJson<IpAddress>(
    "addr",
    "show",
    "dev",
    name,
  )[0] as IpAddress;
  const mode = linkinfo?.info_data?.mode;
  const addresses = addr_info
    .filter(({ scope }) => scope === "global")
    .map(({ local, prefixlen }) => `${local}/${prefixlen}`);
  return [`${name}: ${linkinfo?.info_kind}${mode ? `, ${mode} mode` : ""}`, address, ...addresses];
}

/** Lines in a frame, which has `above` and `below` in the middle of its edges. */
function box(lines: readonly string[], above: string, below: string): Drawing {
  const width = Math.max(...lines.map((line) => line.length));
  const edge = "─".repeat(width + 2);
  const middle = Math.floor((width + 4) / 2);
  return [
    replaceAt(`┌${edge}┐`, middle, above),
    ...lines.map((line) => `│ ${line.padEnd(width)} │`),
    replaceAt(`└${edge}┘`, middle, below),
  ];
}

const gap = 3;

function beside(drawings: readonly Drawing[]): Drawing {
  const height = Math.max(...drawings.map((lines) => lines.length));
  return Array.from({ length: height }, (_, row) =>
    drawings.map((lines) => lines[row] ?? " ".repeat(lines[0]?.length ?? 0)).join(" ".repeat(gap)),
  );
}

/** The line that joins the boxes above, each in its middle, to one below them all. */
function join(widths: readonly number[]): string {
  let left = 0;
  const feet = widths.map((width) => {
    const foot = left + Math.floor(width / 2);
    left += width + gap;
    return foot;
  });
  const first = feet[0] ?? 0;
  const last = feet.at(-1) ?? 0;
  let line = `${" ".repeat(first)}└${"─".repeat(last - first - 1)}┘`;
  for (const foot of feet.slice(1, -1)) line = replaceAt(line, foot, "┴");
  return replaceAt(line, Math.floor((left - gap) / 2), "┬");
}

/** Moves a drawing so that its middle, or the middle of its first columns, is that of `width`. */
function centre(lines: Drawing, width: number, own = lines[0]?.length ?? 0): Drawing {
  const indent = " ".repeat(Math.max(0, Math.floor(width / 2) - Math.floor(own / 2)));
  return lines.map((line) => indent + line);
}

function replaceAt(text: string, index: number, part: string): string {
  return text.slice(0, index) + part + text.slice(index + part.length);
}
