import { z } from "zod";

// The text forms of addresses and names. Each is a regular expression and nothing else, so that the
// JSON Schema made from it accepts exactly what this library accepts. The id is the name that the
// form has in a JSON Schema file.

const OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const IPV4 = `(?:${OCTET}\\.){3}${OCTET}`;
const PREFIX_32 = "(?:3[0-2]|[12]?[0-9])";
const PREFIX_128 = "(?:12[0-8]|1[01][0-9]|[1-9]?[0-9])";

const H = "[0-9a-fA-F]{1,4}";
/** The last 32 bits of an IPv6 address: two groups, or an IPv4 address (RFC 4291 section 2.2). */
const TAIL = `(?:${H}:${H}|${IPV4})`;
const IPV6 = `(?:${[
  `(?:${H}:){6}${TAIL}`,
  `::(?:${H}:){5}${TAIL}`,
  `(?:${H})?::(?:${H}:){4}${TAIL}`,
  `(?:(?:${H}:){0,1}${H})?::(?:${H}:){3}${TAIL}`,
  `(?:(?:${H}:){0,2}${H})?::(?:${H}:){2}${TAIL}`,
  `(?:(?:${H}:){0,3}${H})?::${H}:${TAIL}`,
  `(?:(?:${H}:){0,4}${H})?::${TAIL}`,
  `(?:(?:${H}:){0,5}${H})?::${H}`,
  `(?:(?:${H}:){0,6}${H})?::`,
].join("|")})`;

const CIDR4 = `${IPV4}/${PREFIX_32}`;
const CIDR6 = `${IPV6}/${PREFIX_128}`;

function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`);
}

/** An IPv4 or IPv6 address, without a zone. */
export const ip = z
  .string()
  .regex(whole(`${IPV4}|${IPV6}`), "not an IP address")
  .meta({ id: "ip" });

/** An IPv4 address. */
export const ipv4 = z.string().regex(whole(IPV4), "not an IPv4 address").meta({ id: "ipv4" });

/** An IPv6 address, without a zone. */
export const ipv6 = z.string().regex(whole(IPV6), "not an IPv6 address").meta({ id: "ipv6" });

/** An address with its prefix length, `192.0.2.10/24`. */
export const cidr = z
  .string()
  .regex(whole(`${CIDR4}|${CIDR6}`), "not an address/prefix length")
  .meta({ id: "cidr" });

/** As `cidr`, IPv4 alone. */
export const cidr4 = z
  .string()
  .regex(whole(CIDR4), "not an IPv4 address/prefix length")
  .meta({ id: "cidr4" });

/** As `cidr`, IPv6 alone. */
export const cidr6 = z
  .string()
  .regex(whole(CIDR6), "not an IPv6 address/prefix length")
  .meta({ id: "cidr6" });

/** An address with or without its prefix length. */
export const ipOrCidr = z
  .string()
  .regex(
    whole(`${IPV4}(?:/${PREFIX_32})?|${IPV6}(?:/${PREFIX_128})?`),
    "not an address, nor an address/prefix length",
  )
  .meta({ id: "ipOrCidr" });

/** A network that has room for host addresses: as `cidr`, at most /30 in IPv4, /126 in IPv6. */
export const subnet = z
  .string()
  .regex(
    whole(`${IPV4}/(?:30|[12]?[0-9])|${IPV6}/(?:12[0-6]|1[01][0-9]|[1-9]?[0-9])`),
    "not a network/prefix length with room for addresses",
  )
  .meta({ id: "subnet" });

/**
 * A MAC address that an Ethernet interface can have: 6 bytes, not a group address (the lowest bit
 * of the first byte), not all zero. Separated by colons, hyphens or, in groups of two bytes, by
 * dots.
 */
export const mac = z
  .string()
  .regex(
    new RegExp(
      "^(?![0:.-]+$)[0-9a-fA-F][02468aceACE](?:(?::[0-9a-fA-F]{2}){5}|(?:-[0-9a-fA-F]{2}){5}|" +
        "[0-9a-fA-F]{2}(?:\\.[0-9a-fA-F]{4}){2})$",
    ),
    "not the MAC address of an interface (6 bytes, unicast, not zero)",
  )
  .meta({ id: "mac" });

/** The first 1 to 5 bytes of a MAC address that is locally administered and unicast. */
export const macPrefix = z
  .string()
  .regex(
    /^[0-9a-fA-F][26aeAE](?:(?::[0-9a-fA-F]{2}){0,4}|(?:-[0-9a-fA-F]{2}){1,4})$/,
    "not 1 to 5 bytes of a local unicast MAC address",
  )
  .meta({ id: "macPrefix" });

/** A hardware address of 6 to 20 bytes as a result holds it: colons between the bytes. */
export const hardwareAddress = z
  .string()
  .regex(/^[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5,19}$/, "not a hardware address")
  .meta({ id: "hardwareAddress" });

/** The name of a network and the id of a container (SPEC section 2). */
export const identifier = z
  .string()
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/, "not a letter or digit followed by those, _, . or -")
  .meta({ id: "identifier" });

/** The name of an interface: 1 to 15 bytes. The kernel counts bytes; this counts UTF-16 units. */
export const ifname = z
  .string()
  .max(15)
  .regex(/^(?!\.{1,2}$)[^/:\s\u0085]+$/, "not an interface name")
  .meta({ id: "ifname" });

/** The name or an alternative name of an interface: up to 127 bytes (ip-link(8), altname). */
export const linkName = z
  .string()
  .max(127)
  .regex(/^(?!\.{1,2}$)[^/:\s\u0085]+$/, "not an interface name")
  .meta({ id: "linkName" });

/** What says which interface the master is: a name or a pattern, a MAC address, or a subnet. */
export const masterSelector = linkName.or(mac).or(cidr).meta({ id: "masterSelector" });

/** A sysctl of one interface, as sysctl(8) names it, with IFNAME for the interface. */
export const linkSysctl = z
  .string()
  .regex(/^net\.ipv[46]\.(?:conf|neigh)\.IFNAME\.[a-z0-9_]{1,64}$/, "not a sysctl of the interface")
  .meta({ id: "linkSysctl" });

/** A whole number as a text, as the kernel writes it. */
export const wholeNumber = z
  .string()
  .max(11)
  .regex(/^(?:0|-?[1-9][0-9]*)$/, "not a whole number")
  .meta({ id: "wholeNumber" });

/** An unsigned 32-bit number, as netlink carries it. */
export const uint32 = z.int().min(0).max(0xffff_ffff);

/** A routing table that is none of the kernel's own: 253 to 255 (linux/rtnetlink.h). */
export const routingTable = z.int().min(1).max(252).or(z.int().min(256).max(0xffff_ffff));
