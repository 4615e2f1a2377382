// Every import of the ABI, exported again as it is: a host sees their names and how many arguments
// the compiler gave each.
import "../../assembly/abort";
export * from "../../assembly/sys/host";
