import type { Netns } from "./netns.ts";

/**
 * Everything a plugin can change, as text to compare: for each network namespace its links,
 * addresses, routes, rules and the sysctls of its interfaces, one fact a line, sorted.
 */
export type Snapshot = Readonly<Record<string, readonly string[]>>;

// One shell for all namespaces: a snapshot costs tens of milliseconds and not hundreds. Facts that
// change by themselves (counters, neighbours, remaining lifetimes) are not asked for, and an IPv6
// address is given the time to be no longer tentative.
const script = `
  facts() {
    left=60
    while ip -6 -o addr show tentative -dadfailed | grep -q . && [ $((left -= 1)) -gt 0 ]; do
      sleep 0.05
    done
    ip -o -d link; ip -o -d addr; ip -4 -o -d route show table all; ip -6 -o -d route show table all
    ip -4 rule; ip -6 rule
    grep -rs . /proc/sys/net/ipv4/conf /proc/sys/net/ipv6/conf \
      /proc/sys/net/ipv4/neigh /proc/sys/net/ipv6/neigh
  }
  case "$1" in facts) facts; exit;; esac
  echo "== the lab"; facts
  for file in /run/netns/*; do
    [ -e "$file" ] || continue
    echo "== \${file##*/}"
    nsenter --net="$file" sh -c "$0" "$0" facts
  done
  true # grep fails where a sysctl, such as stable_secret, cannot be read
`;

/** Takes the snapshot of a lab and of all namespaces in it. */
export function takeSnapshot(lab: Netns): Snapshot {
  const snapshot: Record<string, string[]> = {};
  let facts: string[] = [];
  for (const line of lab.run(["sh", "-c", script, script]).split("\n")) {
    const title = /^== (.*)/.exec(line)?.[1];
    if (title !== undefined) {
      facts = [];
      snapshot[title] = facts;
    } else if (line !== "") facts.push(line.trim());
  }
  for (const list of Object.values(snapshot)) list.sort();
  return snapshot;
}

/** What a snapshot has that another has not, a line for each: `+ pod1: 2: eth0@if3: ...`. */
export function difference(before: Snapshot, after: Snapshot): string[] {
  const lines: string[] = [];
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const old = new Set(before[name]);
    const now = new Set(after[name]);
    for (const fact of old) if (!now.has(fact)) lines.push(`- ${name}: ${fact}`);
    for (const fact of now) if (!old.has(fact)) lines.push(`+ ${name}: ${fact}`);
    if (!before[name] && now.size === 0) lines.push(`+ ${name}`);
    if (!after[name] && old.size === 0) lines.push(`- ${name}`);
  }
  return lines;
}
