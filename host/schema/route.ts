import { z } from "zod";
import { cidr, ip, uint32 } from "./text.ts";

const dst = cidr.describe("Destination. 0.0.0.0/0 or ::/0 is the default route.");
const gw = ip.describe("Next hop. Missing: the gateway of an address of the same family, if any.");

/** The keys of a route that CNI 1.1.0 brought. */
const since110 = {
  mtu: uint32.describe("Path MTU in bytes. 0 or missing: unset."),
  advmss: uint32.describe("Maximum segment size to advertise, in bytes. 0 or missing: unset."),
  priority: uint32.describe("Metric; the lowest wins. 0 or missing: the kernel's default."),
  table: uint32.describe("Routing table. Missing: main (254)."),
  scope: z.int().min(0).max(255).describe("Scope: 0 global, 253 link, 254 host. Missing: global."),
};

/** A route as an administrator writes it. */
export const routeConfigSchema = z
  .looseObject({
    dst,
    gw: gw.optional(),
    mtu: since110.mtu.optional(),
    advmss: since110.advmss.optional(),
    priority: since110.priority.optional(),
    table: since110.table.optional(),
    scope: since110.scope.optional(),
  })
  .describe("A route to add in the container.");

/** A route in a result below 1.1.0. */
export const route040Schema = z.strictObject({ dst, gw: gw.optional() });

/** A route in a result of 1.1.0. `table` and `scope` mean something when 0, the others do not. */
export const route110Schema = z.strictObject({
  dst,
  gw: gw.optional(),
  mtu: since110.mtu.min(1).optional(),
  advmss: since110.advmss.min(1).optional(),
  priority: since110.priority.min(1).optional(),
  table: since110.table.optional(),
  scope: since110.scope.optional(),
});
