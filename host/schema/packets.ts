import { z } from "zod";

/** Milliseconds. */
const interval = z.int().max(2000);

/** How neighbours are told of the addresses of a new interface. */
export const announceSchema = z
  .looseObject({
    count: z.int().min(0).max(10).optional().describe("How often. Missing: once. 0: not at all."),
    interval: interval
      .min(0)
      .optional()
      .describe("Milliseconds between one time and the next, for which ADD waits. Missing: 100."),
    replies: z.boolean().optional().describe("IPv4: by ARP replies as well."),
  })
  .describe("How the addresses are announced to the neighbours, by ARP and neighbour discovery.");

/** How others are asked whether they have the addresses already. */
export const conflictDetectionSchema = z
  .looseObject({
    probes: z
      .int()
      .min(0)
      .max(10)
      .optional()
      .describe("How often others are asked. Missing or 0: not at all."),
    interval: interval
      .min(10)
      .optional()
      .describe("Milliseconds that there are for an answer to each. Missing: 200."),
    nextAddress: z
      .int()
      .min(0)
      .max(32)
      .optional()
      .describe("How many more addresses are tried where one is taken. Missing or 0: ADD fails."),
  })
  .describe("ADD asks the network whether somebody has one of the addresses, and then fails.");
