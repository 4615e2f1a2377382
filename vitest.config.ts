import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { BaseSequencer, type Reporter, type TestCase, type TestSpecification } from "vitest/node";

/** A skipped test is a hole in the proof: name and reason are always printed. */
const skips: Reporter = {
  onTestCaseResult(test: TestCase) {
    const result = test.result();
    if (result.state !== "skipped") return;
    const reason = result.note ?? "no reason given";
    console.log(`SKIPPED ${test.project.name}: ${test.fullName}: ${reason}`);
  },
};

/** What takes minutes begins first: at the end it would leave one processor with nothing to do. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => /\/test\/(crash|sweep)\//.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/** The files of tests that a host runs. */
interface Files {
  readonly include: string[];
  readonly exclude?: string[];
}

/** The directory of the executables for the project `native`. */
const others = process.env.MACVLAN_PROGRAMS ?? "build/native";

/**
 * What is not for a program with sanitizers: other hosts; memory, as they take terabytes of
 * addresses; and crashes, as they look for leaks as a tracer does, of which there can be but one.
 */
const unsanitized = ["test/hosts/{arm64,equal,executable,memory}.test.ts", "test/crash/**"];

/**
 * A project for each host. What runs on both is the same files, with the executables of the one or
 * of the other; MACVLAN_PROGRAMS names others to take for the native ones (lab/paths.ts).
 */
export function hosts(node: Files, native: Files): TestProjectInlineConfiguration[] {
  const setupFiles = ["test/hosts/native.ts"];
  return [
    project("node", { ...node, env: { MACVLAN_PROGRAMS: "build/bin" } }),
    project("native", { ...native, env: { MACVLAN_PROGRAMS: others }, setupFiles }),
  ];
}

function project(name: string, test: object): TestProjectInlineConfiguration {
  return { extends: true, test: { name, ...test } };
}

export default defineConfig({
  test: {
    projects: hosts(
      { include: ["test/**/*.test.ts"], exclude: ["test/hosts/**"] },
      {
        // those that execute a plugin
        include: [
          "test/{crash,hosts,live}/**/*.test.ts",
          "test/abi/probe.test.ts",
          "test/policy/hostile.test.ts",
          "test/docs/{examples,leases}.test.ts",
          "test/ipam/host-local/disk.test.ts",
        ],
        exclude: ["test/live/lab.test.ts", ...(others.endsWith("-sanitize") ? unsanitized : [])],
      },
    ),
    reporters: ["default", skips],
    sequence: { sequencer: LongestFirst },
    maxWorkers: 2,
    // test/play/twin.ts has as many twins.
    maxConcurrency: 2,
    // the live tests start many processes, on machines that may be slow
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
