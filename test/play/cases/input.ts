import type { PeerCase } from "../case.ts";
import { always, good } from "./common.ts";

/** What is wrong for every command. */
export const inputCases: PeerCase[] = [
  { name: "stdin empty", config: () => "", fails: always(6) },
  { name: "stdin truncated", config: () => '{"cniVersion":"1.0.0","name"', fails: always(6) },
  {
    name: "stdin with something behind",
    config: (version) => `{"cniVersion":"${version}","name":"n","type":"macvlan"} x`,
    fails: always(6),
  },
  { name: "stdin an array", config: () => "[]", fails: always(6) },
  { name: "name missing", config: { ...good, name: undefined }, fails: always(7) },
  { name: "name empty", config: { ...good, name: "" }, fails: always(7) },
  { name: "name with a slash", config: { ...good, name: "a/b" }, fails: always(7) },
  { name: "name a number", config: { ...good, name: 5 }, fails: always(6) },
  { name: "version unknown", config: { ...good, cniVersion: "9.9.9" }, fails: always(1) },
  { name: "version in two parts", config: { ...good, cniVersion: "1.0" }, fails: always(1) },
  { name: "version a number", config: { ...good, cniVersion: 1 }, fails: always(6) },
  {
    name: "container id missing",
    config: good,
    env: { CNI_CONTAINERID: undefined },
    fails: always(4),
  },
  { name: "container id empty", config: good, env: { CNI_CONTAINERID: "" }, fails: always(4) },
  {
    name: "container id with a dash",
    config: good,
    env: { CNI_CONTAINERID: "-x" },
    fails: always(4),
  },
  { name: "interface missing", config: good, env: { CNI_IFNAME: undefined }, fails: always(4) },
  { name: "interface with a colon", config: good, env: { CNI_IFNAME: "a:b" }, fails: always(4) },
  {
    name: "interface too long",
    config: good,
    env: { CNI_IFNAME: "a".repeat(16) },
    fails: always(4),
  },
  { name: "interface of dots", config: good, env: { CNI_IFNAME: ".." }, fails: always(4) },
  { name: "command unknown", config: good, env: { CNI_COMMAND: "add" }, fails: always(4) },
  { name: "netns missing", config: good, env: { CNI_NETNS: undefined }, fails: { ADD: 4 } },
  { name: "netns gone", config: good, env: { CNI_NETNS: "/run/netns/gone" }, fails: { ADD: 4 } },
  {
    name: "netns no namespace",
    config: good,
    env: { CNI_NETNS: "/etc/passwd" },
    fails: { ADD: 4 },
  },
  {
    name: "netns of the plugin itself",
    config: good,
    env: { CNI_NETNS: "/proc/self/ns/net" },
    fails: always(8),
  },
  { name: "CNI_PATH missing", config: good, env: { CNI_PATH: undefined }, fails: always(4) },
  { name: "CNI_ARGS unknown", config: good, args: "COLOUR=red", fails: { ADD: 4 } },
  { name: "CNI_ARGS no pair", config: good, args: "MAC", fails: { ADD: 4 } },
  { name: "CNI_ARGS mac garbage", config: good, args: "IgnoreUnknown=1;MAC=x", fails: { ADD: 4 } },
  {
    name: "CNI_ARGS IgnoreUnknown maybe",
    config: good,
    args: "IgnoreUnknown=maybe",
    fails: { ADD: 4 },
  },
];
