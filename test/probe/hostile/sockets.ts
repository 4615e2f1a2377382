import * as host from "../../../assembly/sys/host";
import {
  IFLA_IFNAME,
  IFLA_INFO_KIND,
  IFLA_LINK,
  IFLA_LINKINFO,
  IFLA_NET_NS_FD,
} from "../../../assembly/linux/if_link";
import { NLM_F_CREATE, NLM_F_EXCL } from "../../../assembly/linux/netlink";
import {
  RTM_DELLINK,
  RTM_DELRULE,
  RTM_GETRULE,
  RTM_NEWLINK,
  RTM_NEWRULE,
  RTM_SETLINK,
} from "../../../assembly/linux/rtnetlink";
import { AF_NETLINK, SOCK_RAW } from "../../../assembly/linux/socket";
import { parseCidr } from "../../../assembly/net/cidr";
import { newAddress } from "../../../assembly/rtnetlink/address";
import { deleteLink, getLinkByIndex, setLinkUp } from "../../../assembly/rtnetlink/link";
import { MessageWriter } from "../../../assembly/rtnetlink/message";
import { KernelRoute, newRoute } from "../../../assembly/rtnetlink/route";
import { report, room } from "../report";
import { inContainer, keep, variable } from "./try";

const IFLA_NET_NS_PID: i32 = 19;
const RTM_NEWNEIGH: i32 = 28;
const NEW: i32 = NLM_F_CREATE | NLM_F_EXCL;
const SOL_SOCKET: i32 = 1;
const SO_RCVBUFFORCE: i32 = 33;
const SOL_NETLINK: i32 = 270;
const NETLINK_LISTEN_ALL_NSID: i32 = 8;

export function sockets(): void {
  families();
  const fd = host.socket(AF_NETLINK, SOCK_RAW, 0);
  store<u32>(room, 1 << 20);
  report("setsockopt of the socket", host.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, room, 4));
  store<u32>(room, 1);
  const all = host.setsockopt(fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, room, 4);
  report("listen to all namespaces", all);
  inHost(fd);
  links(fd);
  host.close(fd);
  report(
    "put a link of the container into the host",
    inContainer(() => moveOut()),
  );
  report(
    "make a veth in the container",
    inContainer(() => makeVeth()),
  );
}

function families(): void {
  report("socket AF_UNIX", host.socket(1, 1, 0));
  report("socket AF_INET, a stream", host.socket(2, 1, 0));
  report("socket AF_INET, raw", host.socket(2, SOCK_RAW, 1));
  report("socket AF_INET6, datagrams", host.socket(10, 2, 0));
  report("socket AF_PACKET", host.socket(17, SOCK_RAW, 0));
  report("socket AF_NETLINK, generic", host.socket(AF_NETLINK, SOCK_RAW, 16));
  report("socket AF_NETLINK, kobject_uevent", host.socket(AF_NETLINK, SOCK_RAW, 15));
  report("socket AF_NETLINK, datagrams", host.socket(AF_NETLINK, 2, 0));
}

/** What changes the host's own network. Index 1 is the loopback's. */
function inHost(fd: i32): void {
  const remove = new MessageWriter();
  deleteLink(remove, 1);
  report("delete a link of the host", send(fd, remove));
  const start = remove.addressOf(0);
  const later = host.start_send(fd, start, lengthOf(remove), 0);
  report("delete a link of the host in the background", later);
  const up = new MessageWriter();
  setLinkUp(up, 1, "", new Uint8Array(0));
  report("set a link of the host up", send(fd, up));
  const address = new MessageWriter();
  newAddress(address, 1, parseCidr("10.9.9.9/32")!, 0);
  report("add an address to the host", send(fd, address));
  const route = new MessageWriter();
  newRoute(route, 1, new KernelRoute());
  report("add a route to the host", send(fd, route));
  report("add a rule to the host", send(fd, bare(RTM_NEWRULE)));
  report("delete a rule of the host", send(fd, bare(RTM_DELRULE)));
  report("list the rules of the host", send(fd, bare(RTM_GETRULE)));
  report("add a neighbour to the host", send(fd, bare(RTM_NEWNEIGH)));

  const behind = new MessageWriter();
  getLinkByIndex(behind, 1);
  deleteLink(behind, 1);
  report("delete a link behind a question", send(fd, behind));
  const length = lengthOf(behind);
  store<u32>(behind.addressOf(0), length + 4);
  report("delete a link behind a wrong length", host.send(fd, behind.addressOf(0), length, 0));
}

/** Links in the host, or elsewhere by any other way than the container's descriptor. */
function links(fd: i32): void {
  report("make a macvlan in the host", send(fd, macvlan("macvlan", -1, NEW)));
  report("change a link of the host", send(fd, macvlan("macvlan", -1, 0)));
  const own = keep("/proc/thread-self/ns/net", 0);
  report("make a macvlan in the thread's own", send(fd, macvlan("macvlan", own, NEW)));
  host.close(own);
  const pod = keep(variable("CNI_NETNS"), 0);
  report("make a dummy in the container", send(fd, macvlan("dummy", pod, NEW)));
  report("change in place of making", send(fd, macvlan("macvlan", pod, NLM_F_CREATE)));
  const twice = macvlan("macvlan", pod, NEW, 1);
  report("name a process' namespace besides", send(fd, twice));
  host.close(pod);
}

function moveOut(): i32 {
  const fd = host.socket(AF_NETLINK, SOCK_RAW, 0);
  const writer = new MessageWriter();
  writer.begin(RTM_SETLINK, 0);
  header(writer, 1);
  writer.u32(IFLA_NET_NS_PID, 1);
  writer.end();
  const answer = send(fd, writer);
  host.close(fd);
  return answer;
}

function makeVeth(): i32 {
  const fd = host.socket(AF_NETLINK, SOCK_RAW, 0);
  const answer = send(fd, macvlan("veth", -1, NEW));
  host.close(fd);
  return answer;
}

function macvlan(kind: string, netns: i32, flags: i32, pid: i32 = 0): MessageWriter {
  const writer = new MessageWriter();
  writer.begin(RTM_NEWLINK, flags);
  header(writer, 0);
  writer.text(IFLA_IFNAME, "evil0");
  writer.u32(IFLA_LINK, 1);
  const info = writer.nestStart(IFLA_LINKINFO);
  writer.text(IFLA_INFO_KIND, kind);
  writer.nestEnd(info);
  if (netns >= 0) writer.u32(IFLA_NET_NS_FD, netns);
  if (pid > 0) writer.u32(IFLA_NET_NS_PID, pid);
  writer.end();
  return writer;
}

function bare(type: i32): MessageWriter {
  const writer = new MessageWriter();
  writer.begin(type, NEW);
  writer.rawU32(2);
  writer.rawU32(0);
  writer.rawU32(0);
  writer.end();
  return writer;
}

function header(writer: MessageWriter, index: i32): void {
  writer.rawU32(0);
  writer.rawU32(index);
  writer.rawU32(0);
  writer.rawU32(0);
}

function send(fd: i32, writer: MessageWriter): i32 {
  return host.send(fd, writer.addressOf(0), lengthOf(writer), 0);
}

function lengthOf(writer: MessageWriter): i32 {
  return <i32>(writer.addressOf(writer.count) - writer.addressOf(0));
}
