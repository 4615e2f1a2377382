import { O_CREAT, O_RDONLY, O_WRONLY } from "../../../assembly/linux/fcntl";
import { report } from "../report";
import { inContainer, open, variable } from "./try";

/** Settings of the host, and those of the container that are not the interface's. */
export function sysctls(): void {
  const ifname = variable("CNI_IFNAME");
  const own = `net/ipv6/conf/${ifname}/disable_ipv6`;
  report(`write ${own} of the host`, write(own));
  report("write IPv6 of the host's loopback", write("net/ipv6/conf/lo/disable_ipv6"));
  const others = [
    "kernel/core_pattern",
    "kernel/hostname",
    "net/ipv4/ip_forward",
    "net/ipv6/conf/all/disable_ipv6",
    "net/ipv6/conf/lo/forwarding",
    "net/ipv6/conf/lo/../all/disable_ipv6",
    `net/ipv6/conf/${ifname}/../all/disable_ipv6`,
    `net/ipv6/conf/${ifname}/accept_ra`,
    `net/ipv4/conf/${ifname}/forwarding`,
  ];
  for (let i = 0; i < others.length; i++) {
    report(`write ${others[i]} of the host`, write(others[i]));
    key = others[i];
    report(
      `write ${others[i]} of the container`,
      inContainer(() => write(key)),
    );
    report(
      `read ${others[i]} of the container`,
      inContainer(() => read(key)),
    );
  }
  key = own;
  report(
    `create ${own} in the container`,
    inContainer(() => create(key)),
  );
}

/** No closures: what the functions that run in the container are about. */
let key = "";

function write(name: string): i32 {
  return open(`/proc/sys/${name}`, O_WRONLY);
}

function read(name: string): i32 {
  return open(`/proc/sys/${name}`, O_RDONLY);
}

function create(name: string): i32 {
  return open(`/proc/sys/${name}`, O_WRONLY | O_CREAT, 0o644);
}
