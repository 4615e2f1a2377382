// Asks a host everything that docs/abi.md promises and prints the answers; test/abi/answers.ts has
// the right ones, which are the same for all hosts.
import "../../assembly/abort";
import { badDescriptors } from "./descriptors";
import { directories } from "./directories";
import { badPointers } from "./pointers";
import { print } from "./report";
import { programs } from "./spawn";
import { good } from "./world";

export function run(): i32 {
  badPointers();
  badDescriptors();
  good();
  directories();
  programs();
  return print() == 0 ? 0 : 1;
}

/** Every core has it; nothing is begun here that could be taken back. */
export function rescue(): void {}
