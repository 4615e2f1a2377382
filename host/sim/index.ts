// A Linux machine in memory on which the core runs: no root, no kernel, no Node module, the same
// answer every time.
//
// What is modelled: one process per call with its environment, files and descriptors; network
// namespaces; rtnetlink(7) with links, addresses, routes and rules under the kernel's own rules and
// errors; /proc/sys/net; IPv6 duplicate address detection; time, which passes only while somebody
// waits.
//
// Fault model, what may go wrong and who makes it so:
//   - the kernel refuses a request, with or without a text           Sim.refuse()
//   - a system call fails, does a part of its work, or loses what
//     it brought, once or from then on                               withFault()
//   - the process is killed between two system calls, or in a write  withDeath()
//   - a master is down, has no carrier, is a bridge port, goes away  Link, setUp(), deleteLink()
//   - the container's namespace is gone                              Sim.removeNetns()
//   - another station has the same address                           Link.stations
//   - a delegated plugin is missing, cannot be executed, fails, is
//     killed, prints what it should not                              Files, Program
//   - an old kernel, one without IPv6 or optimistic detection, a
//     caller without privileges                                      KernelOptions
// What never goes wrong by itself: messages are not lost or reordered, memory does not run out, no
// second process runs at the same time, for a process runs to its end before the next one starts.
//
// Known differences from Linux: attribute widths are checked exactly; a dump shows the state at the
// moment of the request; a stable or random link-local address is another one than the kernel
// would make, and router advertisements there are none; the random delay before detection is
// always the longest one; a link cannot be moved to another namespace once it exists; a route
// needs an interface, not a gateway alone; a rule leads to a table, by source addresses alone;
// NLM_F_DUMP_FILTERED is never set; there are no routes for multicast and anycast over IPv6.
// test/fidelity plays the same scenarios here and on the real kernel.
export {
  type Failure,
  type Fault,
  type FaultyCall,
  type FaultySystem,
  type MortalSystem,
  withDeath,
  withFault,
} from "./faults.ts";
export { deleteLink, rename, setCable, setMac, setMtu, setUp } from "./device.ts";
export { addAddress } from "./address.ts";
export type { Files } from "./files.ts";
export {
  type IpAddress,
  type IpAddressInfo,
  type IpLink,
  type IpMacvlan,
  type IpRoute,
  type IpRule,
  listAddresses,
  listLinks,
  listRoutes,
  listRules,
} from "./ip.ts";
export type { KernelOptions } from "./kernel.ts";
export type { Link } from "./link.ts";
export { createMacvlan } from "./macvlan.ts";
export { type Attachment, Network, type NetworkList } from "./network.ts";
export type { Netns } from "./netns.ts";
export { deliver, type Frame } from "./segment.ts";
export type { Exit, Invocation, Program } from "./program.ts";
export { type Call, type MasterOptions, type Outcome, PLUGIN_PATH, Sim } from "./sim.ts";
export * as uapi from "./uapi.ts";

declare global {
  /** For programs that have the types neither of a browser nor of this project. */
  namespace WebAssembly {
    interface Module {}
  }
}
