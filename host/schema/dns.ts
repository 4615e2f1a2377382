import { z } from "zod";
import { ip } from "./text.ts";

const nameservers = z.array(ip).describe("Addresses of name servers, in order of preference.");
const domain = z.string().describe("The local domain, for short host names.");
const search = z.array(z.string()).describe("Domains to search for short host names, in order.");
const options = z.array(z.string()).describe("Options of resolv.conf(5).");

/** DNS settings as an administrator writes them. */
export const dnsConfigSchema = z
  .looseObject({
    nameservers: nameservers.optional(),
    domain: domain.optional(),
    search: search.optional(),
    options: options.optional(),
  })
  .describe("DNS settings of the network, reported to the runtime.");

/** DNS settings in a result: no key that says nothing. */
export const dnsSchema = z
  .strictObject({
    nameservers: nameservers.min(1).optional(),
    domain: domain.min(1).optional(),
    search: search.min(1).optional(),
    options: options.min(1).optional(),
  })
  .describe("DNS settings of the network.");

export type Dns = z.infer<typeof dnsSchema>;
