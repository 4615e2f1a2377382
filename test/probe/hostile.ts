// A core that is out for harm: every line of its report is something that a macvlan plugin has no
// business doing, with what the host answered. CNI_ARGS is a directory that the test has laid out
// (test/policy/hostile.test.ts).
import "../../assembly/abort";
import { read } from "../../assembly/sys/host";
import { descriptors } from "./hostile/descriptors";
import { packets } from "./hostile/packets";
import { paths } from "./hostile/paths";
import { programs } from "./hostile/programs";
import { shims } from "./hostile/shim";
import { sockets } from "./hostile/sockets";
import { sysctls } from "./hostile/sysctls";
import { variable } from "./hostile/try";
import { print, room } from "./report";

export function run(): i32 {
  const base = variable("CNI_ARGS");
  paths("before the configuration is read: ", base);
  const length = readInput();
  descriptors();
  paths("", base);
  programs(base, length);
  sockets();
  packets();
  shims();
  sysctls();
  return print() == 0 ? 0 : 1;
}

/** Every core has it; what is done here is to be found. */
export function rescue(): void {}

/** Standard input, into the room: what a delegate would have to be given. */
function readInput(): i32 {
  let length = 0;
  while (true) {
    const count = read(0, room + 4096 + length, 2048 - length);
    if (count <= 0) return length;
    length += count;
  }
}
