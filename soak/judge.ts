import { errorSchema, type Result110, resultSchema } from "../host/schema/index.ts";
import type { CniOutput } from "../lab/cni.ts";

/** What an ADD among many may answer: the pool is used up, or the lock was not to be had. */
const EXPECTED = { 110: "exhausted", 11: "tryAgain" } as const;

/** How often what was seen. */
export interface Counts {
  rounds: number;
  added: number;
  dualStack: number;
  exhausted: number;
  tryAgain: number;
  checked: number;
  pinged: number;
  killedAdds: number;
  killedDels: number;
}

/** Says of every answer whether it is right, and of every address whether it is somebody else's. */
export class Judge {
  readonly counts: Counts = {
    rounds: 0,
    added: 0,
    dualStack: 0,
    exhausted: 0,
    tryAgain: 0,
    checked: 0,
    pinged: 0,
    killedAdds: 0,
    killedDels: 0,
  };
  /** What must not be, a line each. */
  readonly faults: string[] = [];
  /** How often each address was given to a container. */
  readonly given = new Map<string, number>();
  /** Addresses of containers that live. */
  readonly #holders = new Map<string, string>();
  slowestMs = 0;

  fault(what: string, output?: CniOutput): void {
    const answer = output ? `: ${describe(output)}` : "";
    this.faults.push(what + answer);
  }

  /** The result of an ADD; undefined where it failed as it may. */
  added(who: string, output: CniOutput): Result110 | undefined {
    this.#time(output);
    const result = resultSchema("1.1.0").safeParse(output.json);
    if (output.status === 0 && output.stderr === "" && result.success) {
      this.#take(who, result.data as Result110);
      return result.data as Result110;
    }
    const error = errorSchema.safeParse(output.json);
    const kind = EXPECTED[error.data?.code as keyof typeof EXPECTED];
    if (output.status === 1 && kind !== undefined) this.counts[kind]++;
    else this.fault(`ADD of ${who} failed`, output);
    return undefined;
  }

  /** A success that says nothing. */
  silent(what: string, output: CniOutput): void {
    this.#time(output);
    const { status, stdout, stderr } = output;
    if (status !== 0 || stdout !== "" || stderr !== "") this.fault(`${what} failed`, output);
  }

  /** Before its DEL begins: from then on others may have the addresses. */
  releases(result: Result110): void {
    for (const address of addressesOf(result)) this.#holders.delete(address);
  }

  #take(who: string, result: Result110): void {
    for (const address of addressesOf(result)) {
      const holder = this.#holders.get(address);
      if (holder !== undefined) this.fault(`${address} was given to ${who}, and is ${holder}'s`);
      this.#holders.set(address, who);
      this.given.set(address, (this.given.get(address) ?? 0) + 1);
    }
  }

  #time({ milliseconds }: CniOutput): void {
    this.slowestMs = Math.max(this.slowestMs, milliseconds);
  }
}

function describe({ status, signal, stdout, stderr }: CniOutput): string {
  const text = `${signal ?? `exit status ${status}`}, stdout "${stdout}", stderr "${stderr}"`;
  return text.replaceAll(/\s+/g, " ");
}

/** Without the lengths of their prefixes. */
export function addressesOf(result: Result110): string[] {
  return (result.ips ?? []).map(({ address }) => address.replace(/\/.*/, ""));
}
