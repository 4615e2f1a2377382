import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../lab/paths.ts";
import { inhabitants } from "../../lab/processes.ts";
import { needs, useSite } from "./site.ts";

// Only for its judgement whether this machine allows a lab: the demo opens one of its own.
useSite();

const demo = join(root, "build/demo/main.mjs");

describe("the demo", () => {
  needs("ping");

  it("works, shows every step, and uses no colours where there is no terminal", () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [demo], {
      cwd: "/",
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const step of ["STATUS", "ADD pod-a", "ADD pod-b", "CHECK pod-a", "DEL pod-b"])
      expect(stdout).toMatch(new RegExp(`^✓ ${step}.* \\d+ ms$`, "m"));
    for (const family of ["192.0.2.12", "2001:db8::12"])
      expect(stdout).toContain(`64 bytes from ${family}`);
    expect(stdout).toContain("eth0: macvlan, bridge mode");
    expect(stdout).toContain("all as before");
    expect(stdout).not.toContain("\u001b");
  });

  it("leaves no process and no namespace behind when it is killed", async () => {
    const child = spawn(process.execPath, [demo], { stdio: ["ignore", "pipe", "ignore"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
    while (!output.includes("ADD pod-a")) await new Promise((done) => setTimeout(done, 20));
    const children = `/proc/${child.pid}/task/${child.pid}/children`;
    const [holder] = readFileSync(children, "utf8").split(" ");
    const namespace = readlinkSync(`/proc/${holder}/ns/mnt`);
    expect(namespace).not.toBe(readlinkSync("/proc/self/ns/mnt"));
    child.kill("SIGKILL");
    await once(child, "exit");
    const deadline = performance.now() + 10_000;
    while (inhabitants(namespace).length > 0 && performance.now() < deadline)
      await new Promise((done) => setTimeout(done, 50));
    expect(inhabitants(namespace)).toEqual([]);
  });

  it("fails where a step fails, and says which and why", () => {
    const user = process.geteuid?.() === 0 ? [] : ["--map-root-user"];
    const hide = 'mount --bind /dev/null "$(readlink -f "$(command -v ping)")" && exec "$@"';
    const argv = ["--mount", ...user, "sh", "-c", hide, "sh", process.execPath, demo];
    const { status, stderr, stdout } = spawnSync("unshare", argv, { encoding: "utf8" });
    expect(status).toBe(1);
    expect(stdout).toContain("✗ ping pod-a to pod-b, IPv4");
    expect(stderr).toContain("Failed: ping pod-a to pod-b, IPv4");
    expect(stderr).toMatch(/ping.*(permission denied|EACCES)/i);
  });

  it("says what forbids user namespaces, and what to do", () => {
    // A user that is not root, in a user namespace that allows no further one.
    const forbid = "echo 0 > /proc/sys/user/max_user_namespaces && exec";
    const drop = "setpriv --inh-caps -all --ambient-caps -all";
    const script = `${forbid} ${drop} "$0" "$1"`;
    const argv = ["--user", "--map-user=1000", "--keep-caps", "sh", "-c", script];
    const output = spawnSync("unshare", [...argv, process.execPath, demo], { encoding: "utf8" });
    expect(output.status).toBe(1);
    expect(output.stderr).toContain("user.max_user_namespaces = 0 forbids it");
    expect(output.stderr).toContain("sysctl -w user.max_user_namespaces=");
  });
});
