// node native/fuzz/seeds.mjs DIRECTORY: the stories (input.h) that fuzzing begins with, one of each
// kind of call, where all goes well or a little is wrong.
import fs from "node:fs";
import path from "node:path";

const COMMANDS = ["ADD", "DEL", "CHECK", "GC", "STATUS", "VERSION"];
const PROGRAMS = ["macvlan", "host-local", "static"];
const [RAW, FAILS] = [1, 2];

const addresses = [{ address: "10.0.0.2/24", gateway: "10.0.0.1" }, { address: "fd00::2/64" }];
const result = {
  cniVersion: "1.1.0",
  interfaces: [{ name: "eth0", mac: "02:00:00:00:00:01", mtu: 1500, sandbox: "/run/netns/pod" }],
  ips: [{ address: "10.0.0.2/24", gateway: "10.0.0.1", interface: 0 }],
  routes: [{ dst: "0.0.0.0/0", gw: "10.0.0.1", mtu: 1400, table: 100, scope: 0 }],
  dns: { nameservers: ["10.0.0.53"], search: ["example.org"] },
};
const ipams = {
  none: undefined,
  static: { type: "static", addresses, routes: [{ dst: "0.0.0.0/0", priority: 7, advmss: 1300 }] },
  hostLocal: {
    type: "host-local",
    ranges: [
      [{ subnet: "10.0.0.0/24", rangeStart: "10.0.0.10", rangeEnd: "10.0.0.20" }],
      [{ subnet: "fd00::/64", gateway: "fd00::1" }],
    ],
    resolvConf: "/etc/resolv.conf",
    dataDir: "/run/leases",
  },
  executed: { type: "ipam", anything: ["\u00e9\ud83d\ude00", 1.5e3, null, true, {}] },
};
const keys = {
  master: "ens5",
  mode: "private",
  mtu: 1400,
  mac: "02:00:00:00:00:09",
  bcqueuelen: 7,
};
const runtimeConfig = { mac: "02:00:00:00:00:0a", ips: ["10.0.0.12/24"] };
const attachments = [{ containerID: "c2", ifname: "net1" }];

function chunk(bytes) {
  return Buffer.concat([Buffer.from([bytes.length & 255, bytes.length >> 8]), bytes]);
}

const answer = (kind, bytes = "") =>
  chunk(Buffer.concat([Buffer.from([kind]), Buffer.from(bytes)]));

function story(command, program, config, { args = "", faults = [], answers = [] } = {}) {
  const text = typeof config === "string" ? config : JSON.stringify(config);
  const head = Buffer.from([COMMANDS.indexOf(command), PROGRAMS.indexOf(program)]);
  const chunks = [Buffer.from(text), Buffer.from(args), Buffer.from(faults)].map(chunk);
  return Buffer.concat([head, ...chunks, ...answers]);
}

const stories = {};
for (const [kind, ipam] of Object.entries(ipams)) {
  for (const command of COMMANDS) {
    const base = { cniVersion: "1.1.0", name: "lan", type: "macvlan", ...keys, ipam };
    const config = { ...base, prevResult: result, "cni.dev/valid-attachments": attachments };
    stories[`${command}-${kind}`] = story(command, "macvlan", config);
    const options = { args: "IgnoreUnknown=1;IP=10.0.0.3/24;MAC=02:00:00:00:00:0b" };
    const old = { ...base, cniVersion: "0.2.0", runtimeConfig };
    stories[`${command}-${kind}-args`] = story(command, "macvlan", old, options);
    if (kind === "static" || kind === "hostLocal") {
      const program = kind === "static" ? "static" : "host-local";
      stories[`${command}-${program}-alone`] = story(command, program, config);
    }
  }
}
const add = { cniVersion: "1.0.0", name: "lan", type: "macvlan", ipam: ipams.executed };
for (let call = 1; call < 40; call += 3) {
  stories[`fault-${call}`] = story("ADD", "macvlan", add, { faults: [call, 5] });
}
const link = fs.readFileSync(new URL("../../test/fixtures/links.json", import.meta.url), "utf8");
const captured = [...link.matchAll(/"([0-9a-f]{64,})"/g)].map(([, hex]) => Buffer.from(hex, "hex"));
captured.forEach((bytes, i) => {
  const answers = [answer(RAW, bytes), answer(RAW, bytes)];
  stories[`link-${i}`] = story("ADD", "macvlan", { ...add, master: "ens5" }, { answers });
});
stories["ipam-result"] = story(
  "ADD",
  "macvlan",
  { ...add, master: "ens5" },
  {
    answers: [answer(0), answer(0), answer(0), answer(RAW, JSON.stringify(result))],
  },
);
stories["ipam-error"] = story("DEL", "macvlan", add, {
  answers: [answer(0), answer(0), answer(FAILS, '\u0001{"code":7,"msg":"no","details":"\\u00e9"}')],
});
stories.escapes = story(
  "ADD",
  "macvlan",
  '{"name":"l\\u0061n","MASTER":"\\ud83d\\ude00","mtu":1e3}',
);

const directory = process.argv[2];
fs.mkdirSync(directory, { recursive: true });
for (const [name, bytes] of Object.entries(stories)) {
  fs.writeFileSync(path.join(directory, name), bytes);
}
console.log(`${Object.keys(stories).length} stories`);
