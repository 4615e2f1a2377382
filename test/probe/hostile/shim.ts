import * as host from "../../../assembly/sys/host";
import { O_CREAT, O_RDONLY, O_WRONLY } from "../../../assembly/linux/fcntl";
import { NLM_F_CREATE, NLM_F_EXCL } from "../../../assembly/linux/netlink";
import { RTM_GETNEIGH, RTM_NEWNEIGH } from "../../../assembly/linux/rtnetlink";
import { AF_INET, AF_NETLINK, SOCK_RAW } from "../../../assembly/linux/socket";
import {
  deleteHostRoute,
  HostRoute,
  replaceHostRoute,
} from "../../../assembly/rtnetlink/host-route";
import {
  deleteLink,
  MacvlanSpec,
  newMacvlan,
  renameLink,
  setLinkUp,
} from "../../../assembly/rtnetlink/link";
import { MessageWriter } from "../../../assembly/rtnetlink/message";
import {
  deleteNeighbour,
  dumpNeighbours,
  newNeighbour,
} from "../../../assembly/rtnetlink/neighbour";
import { KernelRoute, newRoute } from "../../../assembly/rtnetlink/route";
import { report } from "../report";
import { inContainer, mkdir, open, unlink } from "./try";

const BASE: i32 = 1_000_000_000;
/** A shim on the interface with index 2. */
const SHIM: i32 = BASE + 2;
const RTM_NEWROUTE: i32 = 24;
const PROTOCOL: i32 = 193;
/** Goes before the names of the tries that the key hostAccess allows. */
const WITHIN: string = "hostAccess: ";

let fd: i32 = -1;

/** What hostAccess allows, and what comes near to it. */
export function shims(): void {
  fd = host.socket(AF_NETLINK, SOCK_RAW, 0);
  links();
  routes();
  neighbours();
  files();
  host.close(fd);
}

function links(): void {
  report(WITHIN + "make a shim", make(SHIM, "mvhost2", 2));
  report("make a shim of another name", make(SHIM, "mvhost3", 2));
  report("make a shim of a longer name", make(SHIM, "mvhost22", 2));
  report("make a shim on another master", make(SHIM, "mvhost2", 1));
  report("make a shim with an index of the kernel's", make(0, "mvhost2", 2));
  report("make a shim with a small index", make(2, "mvhost2", 2));
  report("make a shim with an index that is too large", make(2 * BASE, "mvhost1000000000", BASE));
  report("make a shim with a group", make(SHIM, "mvhost2", 2, 7));
  const up = new MessageWriter();
  setLinkUp(up, SHIM, "alias");
  report(WITHIN + "set a shim up", send(up));
  const rename = new MessageWriter();
  renameLink(rename, SHIM, "eth7");
  report("rename a shim", send(rename));
  const both = new MessageWriter();
  setLinkUp(both, SHIM, "");
  setLinkUp(both, 2, "");
  report("set a link up behind a shim", send(both));
}

function make(index: i32, name: string, master: i32, group: u32 = 0): i32 {
  const spec = new MacvlanSpec();
  spec.index = index;
  spec.name = name;
  spec.master = master;
  spec.group = group;
  const writer = new MessageWriter();
  newMacvlan(writer, spec);
  return send(writer);
}

function routes(): void {
  report(WITHIN + "add a route through a shim", route(SHIM, PROTOCOL, true));
  report(WITHIN + "remove a route through a shim", route(SHIM, PROTOCOL, false));
  report("add a route to one address through another link", route(2, PROTOCOL, true));
  report("add a route to one address through none", route(0, PROTOCOL, true));
  report("add a route of the kernel's protocol", route(SHIM, 2, true));
  report("remove a route of the kernel's protocol", route(SHIM, 2, false));
  report("remove a route through another link", route(2, PROTOCOL, false));
  const whole = new MessageWriter();
  newRoute(whole, SHIM, new KernelRoute());
  report("add a default route through a shim", send(whole));
  const short = new MessageWriter();
  short.begin(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
  short.rawU32(AF_INET | (32 << 8));
  report("add a route that ends in its header", send(short));
  short.end();
  report("add a route without its header", send(short));
}

function route(index: i32, protocol: i32, isNew: bool): i32 {
  const entry = new HostRoute();
  entry.dst = ip(9);
  entry.index = index;
  entry.protocol = protocol;
  entry.priority = 5;
  const writer = new MessageWriter();
  if (isNew) replaceHostRoute(writer, entry);
  else deleteHostRoute(writer, entry);
  return send(writer);
}

function neighbours(): void {
  const mac = new Uint8Array(6);
  mac[0] = 2;
  report(WITHIN + "add a neighbour behind a shim", neighbour(SHIM, mac));
  report("add a neighbour behind another link", neighbour(2, mac));
  const proxy = new MessageWriter();
  proxy.begin(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL);
  proxy.rawU32(AF_INET);
  proxy.rawU32(SHIM);
  proxy.rawU32(8 << 16);
  proxy.bytes(1, ip(9));
  proxy.end();
  report("answer for a neighbour behind a shim", send(proxy));
  const gone = new MessageWriter();
  deleteNeighbour(gone, SHIM, ip(9));
  report(WITHIN + "remove a neighbour behind a shim", send(gone));
  const other = new MessageWriter();
  deleteNeighbour(other, 2, ip(9));
  report("remove a neighbour behind another link", send(other));
  const question = new MessageWriter();
  dumpNeighbours(question, 2);
  report("list the neighbours behind another link", send(question));
  const all = new MessageWriter();
  all.beginDump(RTM_GETNEIGH);
  for (let i = 0; i < 3; i++) all.rawU32(0);
  all.end();
  report("list the neighbours of the host", send(all));
  const remove = new MessageWriter();
  deleteLink(remove, SHIM);
  report(WITHIN + "delete a shim", send(remove));
}

function neighbour(index: i32, mac: Uint8Array): i32 {
  const writer = new MessageWriter();
  newNeighbour(writer, index, ip(9), mac);
  return send(writer);
}

function files(): void {
  const path = "/run/cni-macvlan";
  report(WITHIN + "make the records' directory", mkdir(path, 0o755));
  report(WITHIN + "make the network's directory", mkdir(`${path}/net1`, 0o755));
  report("make another network's directory", mkdir(`${path}/other`, 0o755));
  report(WITHIN + "write a record", open(`${path}/net1/c1`, O_WRONLY | O_CREAT, 0o600));
  report(WITHIN + "open the lock", open(`${path}/.lock`, O_RDONLY | O_CREAT, 0o600));
  report("write to the lock", open(`${path}/.lock`, O_WRONLY));
  report("remove the lock", unlink(`${path}/.lock`));
  report("write a record of another network", open(`${path}/other/c1`, O_WRONLY | O_CREAT, 0o600));
  report("write beside the records", open(`${path}/net1/../c1`, O_WRONLY | O_CREAT, 0o600));
  report(WITHIN + "remove a record", unlink(`${path}/net1/c1`));
  const sysctls = [
    "ipv4/conf/mvhost2/forwarding",
    "ipv4/conf/mvhost/arp_filter",
    "ipv4/conf/mvhost2x/arp_filter",
    "ipv4/conf/mvhost2/../all/arp_filter",
    "ipv6/conf/mvhost2/proxy_ndp",
    "ipv6/conf/mvhost1234567890/accept_ra",
  ];
  for (let i = 0; i < sysctls.length; i++) {
    report(`write ${sysctls[i]} of the host`, open(`/proc/sys/net/${sysctls[i]}`, O_WRONLY));
  }
  report(WITHIN + "write arp_filter", open("/proc/sys/net/ipv4/conf/mvhost2/arp_filter", O_WRONLY));
  report(
    "write arp_filter of a link of the container with a shim's name",
    inContainer(() => open("/proc/sys/net/ipv4/conf/mvhost2/arp_filter", O_WRONLY)),
  );
}

function ip(last: u8): Uint8Array {
  const bytes = new Uint8Array(4);
  bytes[0] = 10;
  bytes[3] = last;
  return bytes;
}

function send(writer: MessageWriter): i32 {
  const start = writer.addressOf(0);
  return host.send(fd, start, <i32>(writer.addressOf(writer.count) - start), 0);
}
