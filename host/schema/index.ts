// What goes into the plugin and comes out of it, as zod schemas and TypeScript types. For tests,
// tools and users; nothing that a runtime calls may import this folder, because zod costs start-up
// time.
export { type ConfList, confListSchema } from "./conflist.ts";
export { type Dns, dnsSchema } from "./dns.ts";
export { type CniError, ERROR_CODES, errorSchema, ownErrorSchema } from "./error.ts";
export { type HostLocalIpam, hostLocalIpamSchema } from "./host-local.ts";
export { type StaticIpam, staticIpamSchema } from "./ipam.ts";
export { type Attachment, macvlanSchema, type NetConf, netConfSchema } from "./netconf.ts";
export {
  anyResultSchema,
  type Result,
  type Result020,
  type Result040,
  type Result100,
  type Result110,
  resultSchema,
} from "./result.ts";
export { CNI_VERSIONS, type CniVersion } from "./spec.ts";
export { type VersionResult, versionSchema } from "./version.ts";
