import { describe, expect, it } from "vitest";
import type { Netns } from "../../lab/netns.ts";
import { macvlanProgram } from "../../lab/paths.ts";
import { link } from "./kernel.ts";
import { ownFailure, result } from "./outcome.ts";
import { frozen, ifname, master, useSite } from "./site.ts";

const site = useSite();

/** ADD with exactly this on standard input. */
function add(pod: Netns, config: string | Uint8Array) {
  return site.lab.cni({ command: "ADD", containerId: "c1", netns: pod.path, ifname, config });
}

const good = `{"cniVersion":"1.1.0","name":"live","type":"macvlan","master":"${master}"}`;

/** The good configuration with more in it. */
function with_(more: string): string {
  return `${good.slice(0, -1)},${more}}`;
}

const deep = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;

/** Input that is refused, and the code it is refused with. */
const bad: ReadonlyArray<readonly [string, string | Uint8Array, number]> = [
  ["nothing", "", 6],
  ["white space", " \n\t", 6],
  ["half a document", good.slice(0, 40), 6],
  ["a document without its end", good.slice(0, -1), 6],
  ["something behind it", `${good} x`, 6],
  ["two documents", good + good, 6],
  ["a list", "[]", 6],
  ["a text", '"text"', 6],
  ["a number", "5", 6],
  ["null", "null", 6],
  ["a trailing comma", `${good.slice(0, -1)},}`, 6],
  ["a comment", `${good} // text`, 6],
  ["single quotes", good.replaceAll('"', "'"), 6],
  ["a leading zero", with_('"mtu":01400'), 6],
  ["NaN", with_('"mtu":NaN'), 6],
  ["a control character in a text", with_('"dns":{"domain":"a\nb"}'), 6],
  ["a bad escape", with_('"dns":{"domain":"\\x41"}'), 6],
  ["no UTF-8", Buffer.from(good.replace("live", "l\xefve"), "latin1"), 6],
  [
    "overlong UTF-8",
    Buffer.concat([Buffer.from(good.slice(0, -1)), bytes(0x2c, 0x22, 0xc0, 0x80)]),
    6,
  ],
  ["a byte order mark", `\ufeff${good}`, 6],
  ["UTF-16", Buffer.from(good, "utf16le"), 6],
  ["a NUL byte behind it", `${good}\0`, 6],
  ["lists 250 deep", with_(`"x":${deep(250)}`), 6],
  ["lists 100000 deep", with_(`"x":${deep(100_000)}`), 6],
  ["lists 100000 deep without an end", `{"x":${"[".repeat(100_000)}`, 6],
  ["objects 100000 deep", '{"a":'.repeat(100_000), 6],
  ["more than 16 MiB", with_(`"x":"${"x".repeat(16 * 2 ** 20)}"`), 6],
  ["40 MB of white space", " ".repeat(40_000_000), 6],
  ["40 MB of a text without end", `{"x":"${"x".repeat(40_000_000)}`, 6],
  ["a cniVersion that is a number", good.replace('"1.1.0"', "1.1"), 6],
  ["a cniVersion that is no version", good.replace("1.1.0", "abc"), 1],
  ["a name that is a number", good.replace('"live"', "5"), 6],
  ["a dns that is a list", with_('"dns":[]'), 6],
  ["nameservers that are a text", with_('"dns":{"nameservers":"10.1.0.53"}'), 6],
  ["nameservers that hold a number", with_('"dns":{"nameservers":[5]}'), 6],
  ["a runtimeConfig that is a text", with_('"runtimeConfig":"x"'), 6],
];

function bytes(...list: number[]): Uint8Array {
  return Uint8Array.from(list);
}

describe("standard input is refused, and nothing is changed, if it holds", () => {
  frozen(site);

  it.each(bad)("%s", (_, config, code) => {
    const pod = site.pod();
    const output = add(pod, config);
    ownFailure(output, code);
    expect(output.milliseconds).toBeLessThan(10_000);
    expect(pod.ipJson("link")).toHaveLength(1);
  });

  it.each(["DEL", "CHECK", "GC", "STATUS"])("nothing, at %s too", (command) => {
    ownFailure(site.lab.cni({ command, containerId: "c1", netns: "/x", ifname, config: "" }), 6);
  });
});

describe("standard input is taken if it holds", () => {
  it.each([
    ["white space around it", `\r\n\t ${good} \n\n`],
    [
      "escapes in keys and texts",
      good.replace("master", "m\\u0061ster").replace("live", "l\\u0069ve"),
    ],
    ["a key twice: the last one counts", with_(`"master":"gone","master":"${master}"`)],
    [
      "values of all types that nobody reads",
      with_('"args":{"x":[1,-2.5e+10,true,false,null,{"y":[]},"\\ud83d\\ude00"]}'),
    ],
    [
      "numbers out of every range, which nobody reads",
      with_('"args":{"x":[1e400,-1e-400,123456789012345678901]}'),
    ],
    ["lists 150 deep, which nobody reads", with_(`"args":{"x":${deep(150)}}`)],
    ["10 MB of a text that nobody reads", with_(`"args":{"x":"${"x".repeat(10_000_000)}"}`)],
    [
      "a hundred thousand attachments",
      with_(`"cni.dev/valid-attachments":${attachments(100_000)}`),
    ],
    ["characters of all planes", with_('"args":{"note":"\u0001ä€😀"}'.replace("\u0001", ""))],
  ])("%s", (_, config) => {
    const pod = site.pod();
    result(add(pod, config));
    expect(link(pod).linkinfo?.info_kind).toBe("macvlan");
  });

  it("a key twice, which is read once: of the last spelling", () => {
    const pod = site.pod();
    result(add(pod, with_('"mtu":1200,"mtu":1300')));
    expect(link(pod).mtu).toBe(1300);
  });
});

function attachments(count: number): string {
  const list = Array.from({ length: count }, (_, i) => ({ containerID: `c${i}`, ifname }));
  return JSON.stringify(list);
}

describe("standard input that cannot be read", () => {
  it("because it is closed: code 5 or 6", () => {
    const pod = site.pod();
    const call = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "CNI_COMMAND=ADD"];
    const rest = ["CNI_CONTAINERID=c1", `CNI_NETNS=${pod.path}`, `CNI_IFNAME=${ifname}`];
    const closed = site.lab.exec([
      "sh",
      "-c",
      'exec "$@" <&-',
      "sh",
      ...call,
      ...rest,
      macvlanProgram,
    ]);
    const directory = site.lab.exec([
      "sh",
      "-c",
      'exec "$@" </',
      "sh",
      ...call,
      ...rest,
      macvlanProgram,
    ]);
    for (const output of [closed, directory]) {
      expect(output.status).toBe(1);
      expect([5, 6]).toContain(JSON.parse(output.stdout).code);
    }
  });
});
