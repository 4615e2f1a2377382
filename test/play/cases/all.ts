import type { PeerCase } from "../case.ts";
import { addressCases } from "./address.ts";
import { checkCases } from "./check.ts";
import { hostLocalCases } from "./host-local.ts";
import { inputCases } from "./input.ts";
import { ipamCases, otherIpamCases } from "./ipam.ts";
import { kernelCases } from "./kernel.ts";
import { linkCases } from "./link.ts";
import { configurationCases, typeCases } from "./refused.ts";
import { staticCases } from "./static.ts";

/** A case and the versions at which it is played. */
type Dated = PeerCase & { readonly versions: readonly string[] };

// The oldest, the first with CHECK, the newest: a case that concerns the result's shape says more.
const good = ["0.2.0", "0.4.0", "1.1.0"];
// The reference's own IPAM plugins end at 1.0.0.
const known = ["0.2.0", "0.4.0", "1.0.0"];
// How a failure looks does not depend on the version.
const bad = ["1.0.0"];

const cases: readonly Dated[] = [
  ...dated(good, linkCases, addressCases, otherIpamCases),
  ...dated(known, hostLocalCases),
  ...dated(bad, configurationCases, typeCases, inputCases, kernelCases, checkCases, ipamCases),
  ...dated(bad, staticCases),
];

/** Every case at each of its versions. */
export const plays = cases.flatMap((peerCase) =>
  peerCase.versions.map((version) => ({ peerCase, version, name: peerCase.name })),
);

function dated(versions: readonly string[], ...lists: readonly (readonly PeerCase[])[]): Dated[] {
  return lists.flat().map((peerCase) => ({ versions, ...peerCase }));
}
