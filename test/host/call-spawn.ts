// A program that runs the one named by its first argument by `spawn` and prints what came of it.
import { linux } from "../../host/linux.ts";

const [path = "", logLimit] = process.argv.slice(2);
const result = linux.spawn(path, "ADD", new Uint8Array(0), 1 << 20, Number(logLimit));
const [output, log] = [result.output, result.log].map((bytes) => Buffer.from(bytes).toString());
console.log(JSON.stringify({ status: result.status, output, log }));
