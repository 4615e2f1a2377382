export const v4 = { address: "10.1.2.3/24", gateway: "10.1.2.1" };
export const v6 = { address: "fd00:1::3/64", gateway: "fd00:1::1" };
/** A MAC of ours. */
export const fixed = "02:ca:fe:00:00:01";

/** The `ipam` key for the plugin `static`. */
export const staticIpam = (addresses: object[], more: object = {}) => ({
  ipam: { type: "static", addresses, ...more },
});

/** A configuration that nothing is wrong with, for cases that make it so. */
export const ipam = { type: "static", addresses: [v4] };
export const good = { master: "m0", ipam };
/** The same with other keys for `static`. */
export const onlyIpam = (keys: object) => ({ master: "m0", ipam: { type: "static", ...keys } });

const peer = ["type", "veth", "peer", "name", "mv0p", "address", "02:00:00:00:00:89"];
/** The words for ip(8) that make a link of the plugin's name which is no macvlan. */
export const veth = ["link", "add", "mv0", "address", "02:00:00:00:00:88", ...peer];

/** Fails in every step with one code. */
export const always = (code: number) => ({ ADD: code, DEL: code, "DEL again": code });
