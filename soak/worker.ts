import { setTimeout as pause } from "node:timers/promises";
import type { Result110 } from "../host/schema/index.ts";
import { cniOutput } from "../lab/cni.ts";
import type { Netns } from "../lab/netns.ts";
import { addressesOf, type Judge } from "./judge.ts";
import type { Random } from "./random.ts";
import { ifname, type World } from "./world.ts";

// How often, of all rounds.
const DUAL_STACK = 0.3;
const KILLED_ADD = 0.15;
const KILLED_DEL = 0.15;
const CHECKED = 0.1;
const PINGED = 0.05;
const TWICE_DELETED = 0.05;
/** The longest life of a container, in milliseconds. */
const LIFE = 50;
/** Until when a process is killed that has just been started, in milliseconds, at first. */
const FIRST_GUESS = 20;

/** Containers that come and go in one namespace, one after the other. */
export class Worker {
  #round = 0;
  /** How long a command takes, roughly, in milliseconds. */
  readonly #usual = new Map<string, number>();

  constructor(
    readonly world: World,
    readonly judge: Judge,
    readonly random: Random,
    readonly pod: Netns,
  ) {}

  /** One container, from ADD to DEL. */
  async round(): Promise<void> {
    const [id, isDual] = this.#next();
    const result = await this.#add(id, isDual);
    if (result) await this.#live(id, isDual, result);
    await this.#delete(id, isDual);
    this.judge.counts.rounds++;
  }

  /** A container with both addresses that nothing happens to. */
  async comeAndGo(): Promise<void> {
    const id = `${this.pod.name}-whole`;
    const result = this.judge.added(id, await this.world.call("ADD", id, this.pod, true));
    if (result) this.judge.releases(result);
    this.judge.silent(`DEL of ${id}`, await this.world.call("DEL", id, this.pod, true));
  }

  /** A last container, which goes without a DEL. */
  async abandon(): Promise<void> {
    const [id, isDual] = this.#next();
    const output = await this.world.call("ADD", id, this.pod, isDual);
    const result = this.judge.added(id, output);
    if (result) this.judge.releases(result);
    // what the kernel does when the namespace ends
    this.pod.exec(["ip", "link", "del", ifname]);
  }

  #next(): [id: string, isDual: boolean] {
    return [`${this.pod.name}-${this.#round++}`, this.random.happens(DUAL_STACK)];
  }

  async #add(id: string, isDual: boolean): Promise<Result110 | undefined> {
    const isFatal = this.random.happens(KILLED_ADD);
    const output = await this.#run("ADD", id, isDual, isFatal);
    if (!output) {
      this.judge.counts.killedAdds++;
      return undefined;
    }
    const result = this.judge.added(id, output);
    if (result) this.judge.counts[isDual ? "dualStack" : "added"]++;
    return result;
  }

  async #live(id: string, isDual: boolean, result: Result110): Promise<void> {
    if (this.random.happens(CHECKED)) await this.#check(id, isDual, result);
    if (this.random.happens(PINGED)) await this.#ping(id, result);
    await pause(this.random.next() * LIFE);
    this.judge.releases(result);
  }

  async #delete(id: string, isDual: boolean): Promise<void> {
    if (this.random.happens(KILLED_DEL)) {
      const output = await this.#run("DEL", id, isDual, true);
      if (output) this.judge.silent(`DEL of ${id}`, output);
      else this.judge.counts.killedDels++;
    }
    const times = this.random.happens(TWICE_DELETED) ? 2 : 1;
    for (let i = 0; i < times; i++)
      this.judge.silent(`DEL of ${id}`, await this.world.call("DEL", id, this.pod, isDual));
  }

  async #check(id: string, isDual: boolean, prevResult: Result110): Promise<void> {
    const { done } = this.world.start("CHECK", id, this.pod, isDual, { prevResult });
    this.judge.silent(`CHECK of ${id}`, cniOutput(await done));
    this.judge.counts.checked++;
  }

  /** The container answers for its addresses, and nobody else. */
  async #ping(id: string, result: Result110): Promise<void> {
    const mac = result.interfaces?.[0]?.mac;
    for (const address of addressesOf(result)) {
      const answer = await this.world.whoHas(address);
      if (answer !== mac) this.judge.fault(`${address} of ${id} is at ${mac}, but: ${answer}`);
      this.judge.counts.pinged++;
    }
  }

  /** Runs a command, to be killed at any time of its life; undefined where it was. */
  async #run(command: string, id: string, isDual: boolean, isFatal: boolean) {
    const running = this.world.start(command, id, this.pod, isDual);
    const usual = this.#usual.get(command) ?? FIRST_GUESS;
    if (isFatal) {
      await Promise.race([running.done, pause(this.random.next() * usual)]);
      await running.stop("SIGKILL");
    }
    const output = cniOutput(await running.done);
    if (output.signal === "SIGKILL") return undefined;
    this.#usual.set(command, (usual + output.milliseconds) / 2);
    return output;
  }
}
