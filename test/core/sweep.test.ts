import { describe, expect, test } from "vitest";
import { errorSchema } from "../../host/schema/index.ts";
import { type Call, type Fault, type Sim, withFault } from "../../host/sim/index.ts";
import * as E from "../../host/sim/uapi.ts";
import { config, core, machine, succeed } from "./core.ts";

// Every system call fails once, wherever the core makes it, and then from then on. Whatever
// happens, there is one answer; and where ADD says that it failed, nothing is left of it.
//
// The sweep raises the number of the call that fails until a run in which none did: so every call
// of every name was made to fail.

const EINTR = 4;
const EIO = 5;
const ENOMEM = 12;
const EMFILE = 24;
const EPIPE = 32;
const ENOBUFS = 105;

/** Plausible errors of each call. */
const ERRORS: Readonly<Record<Fault["call"], readonly number[]>> = {
  open: [E.ENOENT, EMFILE, E.EACCES],
  read: [EIO, EINTR, E.EAGAIN],
  write: [EIO, EINTR, EPIPE, E.EAGAIN],
  close: [EIO, EINTR],
  statx: [E.ENOENT, E.EACCES],
  setns: [E.EPERM, E.EINVAL, ENOMEM],
  socket: [EMFILE, E.EPERM, E.EPROTONOSUPPORT],
  bind: [E.EADDRINUSE],
  setsockopt: [E.ENOPROTOOPT],
  send: [ENOBUFS, EINTR, E.EPERM],
  start_send: [EMFILE, ENOMEM, E.EBADF],
  recvfrom: [ENOBUFS, EINTR, E.EAGAIN],
  poll: [EINTR, ENOMEM],
  clock_gettime: [E.EINVAL],
  spawn: [E.EACCES, ENOMEM],
  // host-local's alone
  mkdir: [],
  unlink: [],
  link: [],
  symlink: [],
  readlink: [],
  flock: [],
  getdents64: [],
};

const FAULTS = Object.entries(ERRORS).flatMap(([call, errors]) =>
  errors.map((failure) => ({ call: call as Fault["call"], failure })),
);

/** More calls of one name than any command makes. */
const MOST_CALLS = 300;

const LEASE = "/var/lib/lease";

/** A machine with an IPAM plugin that keeps a lease in a file, and a container with IPv6 off. */
function prepare(): Sim {
  const sim = machine();
  sim.netns("/run/netns/pod").links.get(1)?.settings.set("ipv6/conf", "disable_ipv6", 1);
  sim.files.mkdir("/var/lib");
  sim.files.install("/opt/cni/bin/ipam", ({ env }) => {
    if (env.CNI_COMMAND === "ADD") sim.files.write(LEASE, "leased");
    if (env.CNI_COMMAND === "DEL" && sim.files.find(LEASE)) sim.files.remove(LEASE);
    const ips = [{ address: "10.0.0.5/24", gateway: "10.0.0.1" }, { address: "2001:db8::5/64" }];
    return { stdout: JSON.stringify({ ips, routes: [{ dst: "0.0.0.0/0" }] }) };
  });
  return sim;
}

const CONFIG = config({ ipam: { type: "ipam" } });

interface Run {
  readonly status: number;
  readonly stdout: string;
  readonly json: unknown;
  readonly fired: boolean;
}

function runWith(sim: Sim, call: Call, fault: Fault): Run {
  let fired = () => false;
  const outcome = sim.run(core, {
    ...call,
    wrap: (system) => {
      const faulty = withFault(system, fault);
      fired = faulty.fired;
      return faulty.system;
    },
  });
  return { ...outcome, fired: fired() };
}

/** One answer: success, or one error object that the core wrote itself. */
function expectAnswer({ status, stdout, json }: Run, fault: Fault): void {
  if (status === 0) return;
  expect(status).toBe(1);
  // who cannot write, cannot say so
  if (stdout === "" && fault.call === "write") return;
  const { msg } = errorSchema.parse(json);
  expect(msg).not.toContain("stopped unexpectedly");
}

/**
 * Runs `once` with the first, second, ... call failing, until none did. Returns how many failed.
 */
function sweep(fault: Omit<Fault, "nth">, once: (fault: Fault) => boolean): number {
  for (let nth = 1; nth <= MOST_CALLS; nth++) {
    if (!once({ ...fault, nth })) return nth - 1;
  }
  throw new Error(`more than ${MOST_CALLS} calls of ${fault.call}`);
}

describe("ADD fails whole or succeeds whole when one call fails:", () => {
  // an ADD that succeeds removes nothing
  const used = FAULTS.filter(({ call }) => call !== "start_send");
  test.each(used)("$call with error $failure", (kind) => {
    const reached = sweep(kind, (fault) => {
      const sim = prepare();
      const before = sim.snapshot();
      const run = runWith(sim, { config: CONFIG }, fault);
      expectAnswer(run, fault);
      const where = `${fault.call} number ${fault.nth}: ${run.stdout}`;
      if (run.status !== 0) expect(sim.snapshot(), where).toEqual(before);
      else {
        const checked = config({ ipam: { type: "ipam" }, prevResult: run.json });
        succeed(sim, "CHECK", { config: checked });
      }
      return run.fired;
    });
    expect(reached).toBeGreaterThan(0);
  });
});

describe("DEL can be repeated when one call failed:", () => {
  // these two say that the namespace is gone, and the interface with it
  const used = FAULTS.filter(
    ({ call, failure }) =>
      !(call === "statx" && failure === E.ENOENT) && !(call === "setns" && failure === E.EINVAL),
  );
  test.each(used)("$call with error $failure", (kind) => {
    sweep(kind, (fault) => {
      const sim = prepare();
      const before = sim.snapshot();
      sim.run(core, { config: CONFIG });
      const run = runWith(sim, { command: "DEL", config: CONFIG }, fault);
      expectAnswer(run, fault);
      if (run.status !== 0) sim.run(core, { command: "DEL", config: CONFIG });
      // IPv6 of the loopback interface is left on: other interfaces may need it by now
      const lo = sim.netns("/run/netns/pod").links.get(1);
      lo?.settings.set("ipv6/conf", "disable_ipv6", 1);
      expect(sim.snapshot(), `${fault.call} number ${fault.nth}`).toEqual(before);
      return run.fired;
    });
  });
});

describe("CHECK and STATUS change nothing when one call fails:", () => {
  test.each(FAULTS)("$call with error $failure", (kind) => {
    for (const command of ["CHECK", "STATUS"]) {
      sweep(kind, (fault) => {
        const sim = prepare();
        const { json } = sim.run(core, { config: CONFIG });
        const before = sim.snapshot();
        const call = { command, config: { ...CONFIG, prevResult: json } };
        const run = runWith(sim, call, fault);
        expectAnswer(run, fault);
        expect(sim.snapshot()).toEqual(before);
        return run.fired;
      });
    }
  });
});

describe("there is an answer when a call fails from some moment on:", () => {
  // a call that only ever is interrupted is one that never ends, and no system does that
  const lasting = FAULTS.filter(({ failure }) => failure !== EINTR && failure !== E.EAGAIN);
  test.each(lasting)("$call with error $failure", (kind) => {
    for (const command of ["ADD", "DEL", "VERSION"]) {
      sweep({ ...kind, forever: true }, (fault) => {
        const sim = prepare();
        if (command === "DEL") sim.run(core, { config: CONFIG });
        const run = runWith(sim, { command, config: CONFIG }, fault);
        expectAnswer(run, fault);
        return run.fired;
      });
    }
  });
});
