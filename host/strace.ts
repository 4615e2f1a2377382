import type { System } from "./imports.ts";

/** placeholder */
export function strace(system: System): System {
  return system;
}
