import { readdirSync, readlinkSync } from "node:fs";

/** The numbers of the processes of the machine in a mount namespace, given as /proc shows it. */
export function inhabitants(namespace: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/ns/mnt`) === namespace;
    } catch {
      return false; // it has ended, or belongs to somebody else
    }
  });
}
