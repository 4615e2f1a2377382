// What `ip -j -d` prints of a kernel is what the simulated machine says of itself, and more.
export type {
  IpAddress,
  IpAddressInfo as AddressInfo,
  IpLink,
  IpRoute,
  IpRule,
} from "../host/sim/index.ts";
