import type { System } from "../../host/imports.ts";

/** Time that has been added up. */
export interface Watch {
  nanoseconds: bigint;
}

/** `system`; the time that its calls take is added to the watch, or with -1n taken away from it. */
export function addTime(system: System, watch: Watch, sign: bigint): System {
  return new Proxy(system, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        const start = process.hrtime.bigint();
        const result: unknown = member.apply(target, args);
        watch.nanoseconds += sign * (process.hrtime.bigint() - start);
        return result;
      };
    },
  });
}
